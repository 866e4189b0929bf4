/** One member of an interface of options, as its docstring tells of it. */
export interface DocumentedOption {
  readonly name: string;
  readonly isOptional: boolean;
  readonly type: string;
  /** Without tags; empty where there is none. */
  readonly text: string;
  /** What follows `@default`; undefined where that tag is missing. */
  readonly defaultValue: string | undefined;
}

const member =
  /(?:\/\*\*(?<doc>(?:(?!\*\/)[\s\S])*)\*\/\s*)?readonly (?<name>\w+)(?<optional>\??): (?<type>[^;]+);/g;

/** The options of an interface in a source text. Throws when there is no such interface. */
export function optionsOfInterface(source: string, interfaceName: string): DocumentedOption[] {
  const start = source.search(new RegExp(`^(?:export )?interface ${interfaceName}\\b`, "m"));
  if (start === -1) throw new Error(`there is no interface ${interfaceName}`);
  const body = source.slice(start, source.indexOf("\n}", start));
  // A member that can never be given only tells two interfaces apart.
  const given = [...body.matchAll(member)].filter(({ groups }) => groups?.type !== "never");
  return given.map(({ groups = {} }) => {
    const [text = "", defaultValue] = plainText(groups.doc ?? "").split(/\s*@default\s+/);
    return {
      name: groups.name ?? "",
      isOptional: groups.optional === "?",
      type: (groups.type ?? "").replaceAll(/\s+/g, " ").replace(/^\| /, ""),
      text,
      defaultValue,
    };
  });
}

/** A docstring on one line, without the ids of requirements. */
function plainText(doc: string): string {
  return doc
    .replaceAll(/^\s*\*/gm, "")
    .replaceAll(/\s*\([CSWAL]-\d[^)]*\)/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

const marker =
  /(?<begin><!-- options (?<file>\S+) (?<name>\w+) -->\n)[\s\S]*?(?<end><!-- end -->)/g;

/** The interfaces that a page has tables of. */
export function interfacesOfPage(page: string): string[] {
  return [...page.matchAll(marker)].map(({ groups = {} }) => groups.name ?? "");
}

/**
 * A page with its tables written anew: each stands between `<!-- options FILE INTERFACE -->` and
 * `<!-- end -->`.
 */
export function withOptionTables(page: string, read: (file: string) => string): string {
  return page.replaceAll(marker, (...args) => {
    const { begin, file, name, end } = args.at(-1) as Record<string, string>;
    const options = optionsOfInterface(read(file ?? ""), name ?? "");
    return `${begin}\n${table(options)}\n\n${end}`;
  });
}

function table(options: readonly DocumentedOption[]): string {
  const rows = options.map(({ name, isOptional, type, text, defaultValue }) => {
    const what = text === "" ? code(type) : text;
    const otherwise = isOptional ? "none" : "needed";
    return [`\`${name}\``, what, defaultValue ?? otherwise].map(cell);
  });
  const lines = [["option", "what", "default"], ["---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
