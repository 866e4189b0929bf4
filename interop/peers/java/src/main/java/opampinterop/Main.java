package opampinterop;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import opamp.proto.AgentToServer;

/** The client of opentelemetry-java-contrib, steered by JSON lines. See interop/README.md. */
public final class Main {
  private static final Gson GSON = new Gson();

  private Run run;

  private Main() {}

  public static void main(String[] args) throws Exception {
    Main main = new Main();
    BufferedReader stdin =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = stdin.readLine(); line != null; line = stdin.readLine()) {
      main.handle(JsonParser.parseString(line).getAsJsonObject());
    }
    System.exit(0);
  }

  private void handle(JsonObject command) {
    int id = command.get("id").getAsInt();
    try {
      carryOut(command);
      Events.emit(Map.of("event", "done", "id", id));
    } catch (Exception e) {
      Events.emit(Map.of("event", "failed", "id", id, "error", e.toString()));
    }
  }

  private void carryOut(JsonObject command) throws Exception {
    switch (command.get("command").getAsString()) {
      case "start":
        StartCommand start = GSON.fromJson(command, StartCommand.class);
        run = Run.start(start, decode(start.state));
        break;
      case "report":
        run.report(decode(command.get("state").getAsString()));
        break;
      case "stop":
        if (run != null) {
          run.stop();
        }
        run = null;
        break;
      default:
        throw new IllegalArgumentException("unknown command");
    }
  }

  private static AgentToServer decode(String state) throws Exception {
    return AgentToServer.ADAPTER.decode(Base64.getDecoder().decode(state));
  }
}
