// Writes the tables of docs/limits-and-timeouts.md anew, from the docstrings of the settings.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withOptionTables } from "./lib/option-tables.ts";
import { readSource, root } from "./lib/source-imports.ts";

const page = join(root, "docs", "limits-and-timeouts.md");
writeFileSync(page, withOptionTables(readFileSync(page, "utf8"), readSource));
