import { type ClientEvent, createRecording, NotSupportedError } from "@opamp/conformance";
import { expect, it } from "vitest";
import { recordingOfTold } from "./told.ts";

it("waits for what the application is told", async () => {
  const recording = createRecording<ClientEvent>();
  const told = recordingOfTold(recording, ["connected"]);
  recording.record({ kind: "connected" });

  expect(await told.take({ where: ({ kind }) => kind === "connected" })).toEqual({
    kind: "connected",
  });
});

it("does not wait for what the application is never told", async () => {
  const told = recordingOfTold(createRecording<ClientEvent>(), ["connected", "remoteConfig"]);
  const where = (event: ClientEvent): boolean =>
    event.kind === "message" && event.message.customMessage !== undefined;

  await expect(told.take({ where })).rejects.toThrow(NotSupportedError);
});
