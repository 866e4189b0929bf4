import { defineConfig } from "vitest/config";

const conditions = ["@opamp/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root: import.meta.dirname,
    include: ["src/**/*.test.ts"],
    testTimeout: 20_000,
    taskTitleValueFormatTruncate: 0,
  },
});
