import { expect, test } from "vitest";
import { configSchema } from "../config/schema/index.ts";
import { execSettingsOf } from "./exec-settings.ts";

const config = configSchema.parse({
  tools: { exec: { host: "gateway", node: "shed", security: "allowlist", ask: "on-miss" } },
  agents: {
    list: [
      { id: "main" },
      { id: "far", tools: { exec: { host: "node", node: "workshop", security: "full", ask: "always" } } },
    ],
  },
});

test("the session's word about the place goes before the agent's, that before the one for all", () => {
  expect(execSettingsOf(config, "main", undefined)).toMatchObject({ host: "gateway", node: "shed" });
  expect(execSettingsOf(config, "far", undefined)).toMatchObject({ host: "node", node: "workshop" });
  expect(execSettingsOf(config, "far", { execHost: "gateway" })).toMatchObject({ host: "gateway" });
  expect(execSettingsOf(config, "main", { execHost: "node", execNode: "attic" })).toMatchObject({
    host: "node",
    node: "attic",
  });
});

test("how strict it is only grows on the way", () => {
  // The agent may not be less strict than what holds for all.
  expect(execSettingsOf(config, "far", undefined)).toMatchObject({ security: "allowlist", ask: "always" });
  expect(execSettingsOf(config, "far", { execAsk: "off", execSecurity: "deny" })).toMatchObject({
    security: "deny",
    ask: "always",
  });
});
