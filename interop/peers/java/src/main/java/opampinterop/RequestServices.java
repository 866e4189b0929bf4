package opampinterop;

import io.opentelemetry.opamp.client.internal.connectivity.http.OkHttpSender;
import io.opentelemetry.opamp.client.internal.connectivity.websocket.OkHttpWebSocket;
import io.opentelemetry.opamp.client.internal.request.delay.PeriodicDelay;
import io.opentelemetry.opamp.client.internal.request.delay.RetryPeriodicDelay;
import io.opentelemetry.opamp.client.internal.request.service.HttpRequestService;
import io.opentelemetry.opamp.client.internal.request.service.WebSocketRequestService;
import io.opentelemetry.opamp.client.request.service.RequestService;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** The transports of the client, with the times that a test wants. */
final class RequestServices {
  private RequestServices() {}

  static RequestService create(StartCommand command) {
    OkHttpClient http = httpClient(command);
    PeriodicDelay retries = RetryPeriodicDelay.create(Duration.ofMillis(command.retryDelayMs));
    if (command.url.startsWith("ws")) {
      return WebSocketRequestService.create(OkHttpWebSocket.create(command.url, http), retries);
    }
    PeriodicDelay polls =
        PeriodicDelay.ofFixedDuration(Duration.ofMillis(command.heartbeatIntervalMs));
    return HttpRequestService.create(OkHttpSender.create(command.url, http), polls, retries);
  }

  private static OkHttpClient httpClient(StartCommand command) {
    return new OkHttpClient.Builder()
        .readTimeout(command.responseTimeoutMs, TimeUnit.MILLISECONDS)
        .addInterceptor(chain -> chain.proceed(withHeaders(chain.request(), command.headers)))
        .build();
  }

  private static Request withHeaders(Request request, Map<String, String> headers) {
    Request.Builder builder = request.newBuilder();
    headers.forEach(builder::header);
    return builder.build();
  }
}
