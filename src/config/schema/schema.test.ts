import { expect, test } from "vitest";
import { getAt } from "../config-path.ts";
import {
  configJsonSchema,
  configSchema,
  isSensitivePath,
  reloadClass,
  schemaPaths,
  sensitivePaths,
  uiHints,
} from "./index.ts";

test("every key has a description of its own and no two schemas share an instance by accident", () => {
  const undescribed: string[] = [];
  let keys = 0;
  for (const { path, info } of schemaPaths()) {
    keys++;
    if (info.description.length < 4) undescribed.push(path);
  }
  expect(undescribed).toEqual([]);
  expect(keys).toBeGreaterThan(300);
});

test("an empty file has every section with its defaults", () => {
  const config = configSchema.parse({});
  expect(config.gateway).toMatchObject({
    port: 18789,
    bind: "loopback",
    auth: { mode: "token" },
    reload: { mode: "hybrid" },
  });
  expect(config.gateway.http.endpoints).toMatchObject({
    chatCompletions: { enabled: true },
    responses: { enabled: true },
  });
  expect(config.tools.exec).toMatchObject({ security: "allowlist", ask: "on-miss", askFallback: "deny" });
  expect(configSchema.parse({}).tools.exec).not.toBe(config.tools.exec);
});

test.each([
  ["gateway.port", "restart"],
  ["gateway.bind", "restart"],
  ["gateway.customBindHost", "restart"],
  ["gateway.auth.mode", "restart"],
  ["gateway.auth.token", "restart"],
  ["gateway.auth.password", "restart"],
  ["gateway.auth.allowTailscale", "restart"],
  ["gateway.mode", "restart"],
  ["gateway.tailscale.mode", "restart"],
  ["canvasHost.port", "restart"],
  ["browser.controlPort", "restart"],
  ["logging.file", "restart"],
  ["agents.defaults.workspace", "restart"],
  ["agents.defaults.sandbox.docker.image", "restart"],
  ["channels.telegram.botToken", "restart-part"],
  ["channels.telegram", "restart-part"],
  ["models.providers.openai.baseUrl", "restart-part"],
  ["channels.telegram.allowFrom", "hot"],
  ["channels.telegram.groups", "hot"],
  ["channels.telegram.accounts.a.dmPolicy", "hot"],
  ["channels.telegram.groups.5.requireMention", "hot"],
  ["tools.allow", "hot"],
  ["tools.byProvider", "hot"],
  ["tools.exec.security", "hot"],
  ["agents.defaults.tools", "hot"],
  ["agents.defaults.model", "hot"],
  ["agents.defaults.sandbox.mode", "hot"],
  ["cron.jobs", "hot"],
  ["gateway.reload.mode", "hot"],
  ["gateway.remote.token", "hot"],
  ["gateway.controlUi.allowInsecureAuth", "hot"],
  ["logging.level", "hot"],
  ["something.unknown", "hot"],
])("a change of %s is %s", (path, reload) => {
  expect(reloadClass(path.split("."))).toBe(reload);
});

test("secrets are known by mark and by name", () => {
  expect(sensitivePaths()).toEqual(
    expect.arrayContaining(["gateway.auth.token", "models.providers.*.apiKey"]),
  );
  for (const path of [
    "gateway.auth.token",
    "channels.x.accounts.y.accessToken",
    "env.vars.FOO",
    "plugins.entries.p.config.api_key",
  ]) {
    expect(isSensitivePath(path.split("."))).toBe(true);
  }
  for (const path of [
    "gateway.port",
    "agents.defaults.contextTokens",
    "agents.defaults.compaction.reserveTokens",
    "models.providers.x.models.0.maxTokens",
  ]) {
    expect(isSensitivePath(path.split("."))).toBe(false);
  }
});

test("the JSON Schema is draft-07 without noise, and knows the short spellings", () => {
  const schema = configJsonSchema();
  const text = JSON.stringify(schema);
  expect(schema["$schema"]).toContain("draft-07");
  expect(text).not.toContain("9007199254740991");
  expect(text).not.toMatch(/"(?:sensitive|shorthand|advanced|placeholder)":/);
  const model = ["properties", "agents", "properties", "defaults", "properties", "model"];
  expect(getAt(schema, model)).toMatchObject({ anyOf: [{ type: "string" }, { type: "object" }] });
  expect(uiHints()["gateway.auth.token"]).toMatchObject({
    sensitive: true,
    label: "Token",
    group: "gateway",
  });
});
