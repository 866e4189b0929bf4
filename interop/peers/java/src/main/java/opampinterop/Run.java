package opampinterop;

import io.opentelemetry.opamp.client.OpampClient;
import io.opentelemetry.opamp.client.OpampClientBuilder;
import io.opentelemetry.opamp.client.internal.response.MessageData;
import io.opentelemetry.opamp.client.internal.state.State;
import java.io.IOException;
import java.util.Map;
import opamp.proto.AgentCapabilities;
import opamp.proto.AgentToServer;
import opamp.proto.ServerErrorResponse;
import opamp.proto.ServerToAgent;

/** One run of the client, and the application on it. */
final class Run implements OpampClient.Callbacks {
  private final Config config = new Config();
  private volatile boolean told = true;
  private OpampClient client;

  private Run() {}

  static Run start(StartCommand command, AgentToServer state) {
    Run run = new Run();
    OpampClientBuilder builder =
        OpampClient.builder()
            .setRequestService(RequestServices.create(command))
            .setEffectiveConfigState(run.config);
    if (state.instance_uid.size() > 0) {
      builder.setInstanceUid(state.instance_uid.toByteArray());
    }
    if (has(state, AgentCapabilities.AgentCapabilities_AcceptsRemoteConfig)) {
      builder.enableRemoteConfig();
    }
    if (has(state, AgentCapabilities.AgentCapabilities_ReportsEffectiveConfig)) {
      builder.enableEffectiveConfigReporting();
    }
    Attributes.put(builder, state.agent_description);
    run.config.value = state.effective_config;
    run.client = builder.build(run);
    return run;
  }

  void report(AgentToServer state) {
    if (state.agent_description != null) {
      client.setAgentDescription(state.agent_description);
    }
    if (state.remote_config_status != null) {
      client.setRemoteConfigStatus(state.remote_config_status);
    }
    if (state.effective_config != null) {
      config.value = state.effective_config;
      config.notifyUpdate();
    }
  }

  void stop() throws IOException {
    client.close();
    told = false;
  }

  @Override
  public void onConnect(OpampClient client) {
    tell(Map.of("event", "connected"));
  }

  @Override
  public void onConnectFailed(OpampClient client, Throwable throwable) {
    tell(Map.of("event", "connectFailed", "error", String.valueOf(throwable)));
  }

  @Override
  public void onErrorResponse(OpampClient client, ServerErrorResponse errorResponse) {
    tell(Events.message(new ServerToAgent.Builder().error_response(errorResponse).build()));
  }

  @Override
  public void onMessage(OpampClient client, MessageData messageData) {
    ServerToAgent.Builder message = new ServerToAgent.Builder();
    message.remote_config(messageData.getRemoteConfig());
    tell(Events.message(message.build()));
  }

  private void tell(Map<String, Object> event) {
    if (told) {
      Events.emit(event);
    }
  }

  private static boolean has(AgentToServer state, AgentCapabilities capability) {
    return (state.capabilities & capability.getValue()) != 0;
  }

  /** What the agent runs with; the client reads it for each full report. */
  private static final class Config extends State.EffectiveConfig {
    private volatile opamp.proto.EffectiveConfig value;

    @Override
    public opamp.proto.EffectiveConfig get() {
      return value;
    }
  }
}
