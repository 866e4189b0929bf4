// A package of 300 MB over a link that breaks every 20 MB.

import { printChecks } from "./checks.ts";
import { runPackageDownload } from "./run-package-download.ts";

const results = await runPackageDownload({
  contentBytes: 300e6,
  breakAfterBytes: 20e6,
  maxReadTwice: 0.05,
  maxExtraBytes: 30e6,
});
printChecks(results);
