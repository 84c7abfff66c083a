import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e-docker/*.docker.ts"],
    setupFiles: ["test/support/property-seed.ts"],
    fileParallelism: false,
    pool: "forks",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
