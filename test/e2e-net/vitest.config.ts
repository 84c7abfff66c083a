import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e-net/*.net.ts"],
    setupFiles: ["test/support/property-seed.ts"],
    // They share ports 80, 443 and 18789.
    fileParallelism: false,
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
