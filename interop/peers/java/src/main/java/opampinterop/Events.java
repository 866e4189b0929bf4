package opampinterop;

import com.google.gson.Gson;
import java.util.Base64;
import java.util.Map;
import opamp.proto.ServerToAgent;

/** Events as JSON lines on stdout. */
final class Events {
  private static final Gson GSON = new Gson();

  private Events() {}

  static synchronized void emit(Map<String, Object> event) {
    System.out.println(GSON.toJson(event));
    System.out.flush();
  }

  static Map<String, Object> message(ServerToAgent message) {
    String encoded = Base64.getEncoder().encodeToString(message.encode());
    return Map.of("event", "message", "message", encoded);
  }
}
