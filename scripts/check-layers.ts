// Fails on an import that points the wrong way between packages; the table is in lib/layer-rules.ts.

import { problemOfImport, problemsOfIndex } from "./lib/layer-rules.ts";
import { importsOfText, readSource, sourceFiles } from "./lib/source-imports.ts";

const files = sourceFiles();
let imports = 0;
const problems = files.flatMap((file) => {
  const text = readSource(file);
  const found = importsOfText(file, text);
  imports += found.length;
  const wrong = found.flatMap((one) => {
    const problem = problemOfImport(one);
    return problem === undefined ? [] : [`${file}:${one.line} ${one.specifier}: ${problem}`];
  });
  const isIndex = /^packages\/[^/]+\/src\/index\.ts$/.test(file);
  const surface = isIndex ? problemsOfIndex(file, text).map((problem) => `${file} ${problem}`) : [];
  return [...wrong, ...surface];
});

for (const problem of problems) console.error(problem);
console.log(`${imports} imports in ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
