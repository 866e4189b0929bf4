import { defineConfig } from "vitest/config";

const conditions = ["@opamp/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "packages/*/{src,tests}/**/*.test.ts",
      "examples/*/{src,tests}/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    testTimeout: 10_000,
  },
});
