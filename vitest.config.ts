import { defineConfig } from "vitest/config";
import LongFirst from "./test/support/long-first.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/property-seed.ts"],
    reporters: ["default", "./test/support/closing-line-reporter.ts"],
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A condition that is waited for holds in the end; how long that takes on a busy machine is no finding.
    expect: { poll: { timeout: 15_000 } },
  },
});
