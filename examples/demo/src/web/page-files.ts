import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Answer } from "./respond.ts";

const directory = new URL("../../page/", import.meta.url);
const files: ReadonlySet<string> = new Set([
  "agent-list.css",
  "agent-list.js",
  "agent-view.css",
  "agent-view.js",
  "app.js",
  "base.css",
  "config-form.css",
  "config-form.js",
  "dom.js",
  "icon.svg",
  "index.html",
  "live.js",
  "message-log.css",
  "message-log.js",
  "phone.css",
  "send.js",
]);

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The file of the page at a path; undefined when the page has none there. */
export async function pageFile(path: string): Promise<Answer | undefined> {
  const name = path === "/" ? "index.html" : path.slice(1);
  if (!files.has(name)) return undefined;
  const body = await readFile(new URL(name, directory));
  return { status: 200, contentType: contentTypes[extname(name)] ?? "", body };
}
