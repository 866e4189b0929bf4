import { defineConfig } from "vitest/config";

const conditions = ["@opamp/source", "node"];

// Apart from the other tests, for they start and kill processes for minutes: `npm run test:crash`.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/agent/tests/crash/**/*.test.ts"],
    testTimeout: 300_000,
    // Each test keeps all cores busy by itself.
    fileParallelism: false,
  },
});
