package opampinterop;

import io.opentelemetry.opamp.client.OpampClientBuilder;
import java.util.List;
import opamp.proto.AgentDescription;
import opamp.proto.AnyValue;
import opamp.proto.KeyValue;

/** Attributes by the methods that the builder has for them. */
final class Attributes {
  private Attributes() {}

  static void put(OpampClientBuilder builder, AgentDescription description) {
    for (KeyValue pair : description.identifying_attributes) {
      putIdentifying(builder, pair.key, pair.value);
    }
    for (KeyValue pair : description.non_identifying_attributes) {
      builder.putNonIdentifyingAttribute(pair.key, pair.value.string_value);
    }
  }

  private static void putIdentifying(OpampClientBuilder builder, String key, AnyValue value) {
    if (value.string_value != null) {
      builder.putIdentifyingAttribute(key, value.string_value);
    } else if (value.bool_value != null) {
      builder.putIdentifyingAttribute(key, value.bool_value.booleanValue());
    } else if (value.int_value != null) {
      builder.putIdentifyingAttribute(key, value.int_value.longValue());
    } else if (value.double_value != null) {
      builder.putIdentifyingAttribute(key, value.double_value.doubleValue());
    } else if (value.array_value != null) {
      builder.putIdentifyingAttribute(key, strings(value.array_value.values));
    } else {
      throw new IllegalArgumentException("the builder has no method for the kind of " + key);
    }
  }

  private static String[] strings(List<AnyValue> values) {
    return values.stream().map(value -> value.string_value).toArray(String[]::new);
  }
}
