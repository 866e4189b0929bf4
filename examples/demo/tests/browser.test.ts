import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBrowser } from "./_util/browser.ts";
import { type DemoProcess, startDemoProcess } from "./_util/demo-process.ts";

let browser: Browser;
let demo: DemoProcess;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  demo = await startDemoProcess();
  page = await browser.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(demo.pageUrl);
});
afterEach(async () => {
  await page?.close();
  await demo?.[Symbol.asyncDispose]();
});

const SOON = { timeout: 10_000 };

const agentName = () => page.getByRole("heading", { name: "demo-agent", level: 2 });
const textOf = (selector: string) => page.locator(selector).textContent();
const verdict = (word: string) => page.locator("#config-status", { hasText: word });

async function sendConfig(text: string): Promise<void> {
  await page.getByLabel("What the agent should run with").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

describe("the page of the demo", () => {
  it("shows the agent, its health, what it runs with and what it said", async () => {
    await agentName().waitFor(SOON);
    expect(await page.getByRole("link", { name: "demo-agent" }).count()).toBe(1);
    expect(await textOf("#effective")).toContain("interval: 5s");
    expect(await textOf("#health")).toMatch(/agent.*cpu.*memory.*load.*output/);
    expect(await textOf("#description")).toContain("host.name");
    expect(await textOf("#capabilities")).toContain("AcceptsRemoteConfig");
    expect(await textOf("#messages")).toContain("description, healthy");
    expect(complaints).toEqual([]);
  });

  it("shows a config that was typed as APPLIED within a second, and then in force", async () => {
    await agentName().waitFor(SOON);
    await sendConfig("interval: 250ms\nmetrics: [load]");
    await verdict("APPLIED").waitFor({ timeout: 1000 });
    const effective = page.locator("#effective", { hasText: "interval: 250ms" });
    await effective.waitFor(SOON);
    expect(await textOf("#effective")).toContain("output: metrics.jsonl");
    await page
      .locator("#health", { hasText: "writing to metrics.jsonl every 250ms" })
      .waitFor(SOON);
    expect(complaints).toEqual([]);
  });

  it("shows a wrong config as FAILED with the reason, while the old one stays in force", async () => {
    await agentName().waitFor(SOON);
    await sendConfig("interval: soon");
    await verdict("FAILED").waitFor({ timeout: 1000 });
    expect(await textOf("#config-status")).toContain(
      'line 1, column 1: interval: expected a duration from 100ms to 1h such as 2s, got "soon"',
    );
    expect(await textOf("#effective")).toContain("interval: 5s");
    await sendConfig("metrics: [cpu");
    await verdict("line 1, column").waitFor(SOON);
    await sendConfig("interval: 1s");
    await verdict("APPLIED").waitFor(SOON);
    expect(complaints).toEqual([]);
  });

  it("has the agent back with its whole state after the server was killed", async () => {
    await agentName().waitFor(SOON);
    await sendConfig("interval: 250ms");
    await verdict("APPLIED").waitFor(SOON);
    const before = demo.serverProcessId();
    process.kill(before, "SIGKILL");
    await page.getByText("the server is away").waitFor(SOON);
    await page.locator("#server", { hasNotText: String(before) }).waitFor(SOON);
    await page.locator("#messages", { hasText: "asks for the full state" }).waitFor(SOON);
    await page.locator("#agent-link", { hasText: "connected by WebSocket" }).waitFor(SOON);
    await page.locator("#effective", { hasText: "interval: 250ms" }).waitFor(SOON);
    expect(demo.serverProcessId()).not.toBe(before);
    expect(await textOf("#health")).toContain("writing to metrics.jsonl");
    expect(await textOf("#description")).toContain("host.name");
    await verdict("APPLIED").waitFor(SOON);
    await sendConfig("interval: 300ms");
    await page.locator("#effective", { hasText: "interval: 300ms" }).waitFor(SOON);
    // What the browser itself writes about the stream that broke.
    expect(complaints.filter((text) => !text.startsWith("Failed to load resource: net::"))).toEqual(
      [],
    );
  });

  it("shows what an agent says as text, never as markup", async () => {
    await agentName().waitFor(SOON);
    await sendConfig("<img src=x onerror=alert(1)>: 1");
    await verdict("FAILED").waitFor(SOON);
    expect(await textOf("#config-status")).toContain("<img src=x onerror=alert(1)>");
    expect(await page.locator("#config-status img").count()).toBe(0);
  });

  it("takes changes from its own page only", async () => {
    await agentName().waitFor(SOON);
    const [uid] = new URL(page.url()).hash.slice(1).split("/");
    const config = `${demo.pageUrl}/api/agents/${uid}/config`;
    const put = (headers: Record<string, string>) =>
      page.request.put(config, { data: "", headers });
    expect((await put({ origin: "http://evil.example" })).status()).toBe(403);
    expect((await put({ host: "evil.example", origin: "http://evil.example" })).status()).toBe(403);
    expect((await put({ origin: demo.pageUrl })).status()).toBe(200);
  });
});
