import { parseAst } from "vitest/node";

/** The ids in the tag at the end of a title: `echoes the uid [S-24 L-27]` has two. */
export function tagOf(title: string): readonly string[] {
  const tag = /\[([ACLSW]-\d+(?: [ACLSW]-\d+)*)\]$/.exec(title)?.[1];
  return tag === undefined ? [] : tag.split(" ");
}

/** The ids in the tags of the tests of a file; those of `describe` and of skipped tests do not count. */
export function tagsOfTests(source: string): readonly string[] {
  const tags: string[] = [];
  walk(parseAst(source, { lang: "ts" }), (node) => {
    if (isTestCall(node)) tags.push(...tagOf(titleOf(node)));
  });
  return tags;
}

type Node = Readonly<Record<string, unknown>>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const item of Object.values(value)) walk(item, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

const notRun: readonly string[] = ["skip", "skipIf", "runIf", "todo", "fails"];

/** Whether a node is `it("…")`, `test("…")`, `it.each(…)("…")` and the like. */
function isTestCall(node: Node): boolean {
  if (node.type !== "CallExpression") return false;
  const names = calleeNames(node.callee);
  return ["it", "test"].includes(names[0] ?? "") && !names.some((name) => notRun.includes(name));
}

/** The names in a callee, outermost object first: `it.each(rows)` has it and each. */
function calleeNames(callee: unknown): readonly string[] {
  if (!isNode(callee)) return [];
  switch (callee.type) {
    case "Identifier":
      return [String(callee.name)];
    case "MemberExpression":
      return [...calleeNames(callee.object), ...calleeNames(callee.property)];
    case "CallExpression":
      return calleeNames(callee.callee);
    case "TaggedTemplateExpression":
      return calleeNames(callee.tag);
    default:
      return [];
  }
}

/** The literal text of the first argument; what a template puts in reads as a blank. */
function titleOf({ arguments: args }: Node): string {
  const title: unknown = Array.isArray(args) ? args[0] : undefined;
  if (!isNode(title)) return "";
  if (title.type === "Literal") return String(title.value);
  if (title.type !== "TemplateLiteral" || !Array.isArray(title.quasis)) return "";
  return title.quasis.map((quasi) => rawText(quasi)).join(" ");
}

function rawText(quasi: unknown): string {
  const value = isNode(quasi) ? quasi.value : undefined;
  return isNode(value) ? String(value.raw) : "";
}
