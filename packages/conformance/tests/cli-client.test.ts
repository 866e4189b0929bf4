import { describe, expect, it } from "vitest";
import type { ConformanceReport } from "../src/report/report.ts";
import { programCommand, runCli } from "./_util/run-cli.ts";

const timeout = 90_000;
const ours = ["--", ...programCommand("client.ts")];
const wrong = ["--", ...programCommand("wrong-client.ts")];

function outcomesIn(stdout: string): Readonly<Record<string, string>> {
  const { requirements } = JSON.parse(stdout) as ConformanceReport;
  return Object.fromEntries(requirements.map(({ id, outcome }) => [id, outcome]));
}

describe("opamp-conformance client", { timeout }, () => {
  it("finds nothing wrong with our client over both transports, and ends with 0", async () => {
    const only = ["--only", "C-32,W-09,C-235,C-154"];
    const { code, stdout } = await runCli(["client", "--format", "json", ...only, ...ours]);
    expect((JSON.parse(stdout) as ConformanceReport).transports).toEqual(["websocket", "http"]);
    expect(code).toBe(0);
    expect(outcomesIn(stdout)).toMatchObject({
      "C-32": "passed",
      "W-09": "passed",
      "C-235": "passed",
      "C-154": "skipped",
    });
  });

  it("gives the client what it takes from its environment", async () => {
    const args = ["client", "--format", "json", "--transport", "http", "--only", "C-02,W-69"];
    const untold = await runCli([...args, ...ours]);
    expect(outcomesIn(untold.stdout)).toMatchObject({ "C-02": "skipped", "W-69": "skipped" });
    const told = await runCli([...args, "--takes", "instance-uid,headers", ...ours]);
    expect(outcomesIn(told.stdout)).toMatchObject({ "C-02": "passed", "W-69": "passed" });
  });

  it("fills in the URL in the arguments of the command", async () => {
    const script = "process.env.OPAMP_SERVER_URL = process.argv[1]; await import(process.argv[2])";
    const [node, conditions, file] = programCommand("client.ts");
    const command = [node, conditions ?? "", "--input-type=module", "-e", script, "{url}"];
    const args = ["client", "--transport", "websocket", "--only", "C-32"];
    const result = await runCli([...args, "--", ...command, file ?? ""]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });

  it("shows what a wrong client sent and ends with 1", async () => {
    const args = ["client", "--transport", "ws", "--only", "client-uid-is-uuid-v7,C-32"];
    const { code, stdout } = await runCli([...args, "--deadline-ms", "2000", ...wrong]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}C-32 {3}MUST /m);
    expect(stdout).toMatch(/<- frame \(\d+ bytes\) 000a0f0101/);
  });

  it.each([
    [["nosuchcommand"], /the client could not be started: spawn nosuchcommand ENOENT/],
    [[process.execPath, "-e", "console.error('no'); process.exit(3)"], /ended with 3:\nno/],
  ])("says why %j cannot be examined and ends with 2", async (command, expected) => {
    const { code, stderr } = await runCli(["client", "--", ...command]);
    expect(stderr).toMatch(expected);
    expect(code).toBe(2);
  });
});
