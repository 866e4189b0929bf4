package opampinterop;

import java.util.Map;

/** What a client is started with; the names are those of the contract. */
final class StartCommand {
  String url;
  String state;
  Map<String, String> headers = Map.of();
  long heartbeatIntervalMs;
  long retryDelayMs;
  long responseTimeoutMs;
}
