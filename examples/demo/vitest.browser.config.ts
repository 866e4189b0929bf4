import { defineConfig } from "vitest/config";

const conditions = ["@opamp/source", "node"];

// Apart from the other tests, for it needs a browser: `npm run test:browser`.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["examples/demo/tests/browser.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
