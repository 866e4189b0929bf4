import { configDefaults, defineConfig } from "vitest/config";

// Node gets them as well, for require() too: none may name a kind of module.
const conditions = ["@opamp/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "packages/*/{src,tests}/**/*.test.ts",
      "examples/*/{src,tests}/**/*.test.ts",
      "scripts/**/*.test.ts",
      "soak/src/**/*.test.ts",
    ],
    // One needs a browser (npm run test:browser), the others minutes (npm run test:crash).
    exclude: [
      ...configDefaults.exclude,
      "examples/demo/tests/browser.test.ts",
      "packages/agent/tests/crash/**",
    ],
    // A slow machine is no failure.
    testTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
