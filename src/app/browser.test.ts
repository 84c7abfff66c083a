import { expect, it } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConfigStore } from "../config/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths } from "../state/index.ts";
import { decideTool } from "../agent/tools-policy.ts";
import { searchSettings } from "./search.ts";
import { agentSettings } from "./settings.ts";

function configOf(data: object) {
  const home = mkdtempSync(join(tmpdir(), "app-browser-"));
  const paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: home }, home });
  writeFileSync(paths.configPath, JSON.stringify(data));
  const store = openConfigStore({ paths, env: {}, clock: systemClock, logger: silentLogger });
  const { config } = store.read();
  rmSync(home, { recursive: true, force: true });
  return { config, paths };
}

it("gives the browser to guests only where the operator says so", () => {
  const decide = (data: object, owner: boolean) => {
    const { config, paths } = configOf(data);
    return decideTool(
      { name: "browser", groups: ["group:web", "group:ui"] },
      {
        settings: agentSettings(config, paths, "main").tools,
        agentId: "main",
        session: "direct",
        owner,
        sandbox: null,
        provider: "",
        model: "",
      },
    );
  };
  expect(decide({ browser: { enabled: true } }, true)).toEqual({ allowed: true });
  expect(decide({ browser: { enabled: true } }, false)).toMatchObject({ allowed: false });
  expect(decide({ browser: { enabled: true, guests: true } }, false)).toEqual({ allowed: true });
  expect(decide({ browser: { guests: true }, tools: { deny: ["group:ui"] } }, false)).toMatchObject({
    allowed: false,
  });
});

it("offers web_search when it knows whom to ask", () => {
  const settings = (search: object, env: Record<string, string> = {}) =>
    searchSettings(configOf({ tools: { web: { search } } }).config, env);
  expect(settings({})).toBeNull();
  expect(settings({ apiKey: "k" })?.apiKey?.reveal()).toBe("k");
  expect(settings({}, { BRAVE_API_KEY: "from-env" })?.apiKey?.reveal()).toBe("from-env");
  expect(settings({ provider: "perplexity" }, { BRAVE_API_KEY: "from-env" })).toBeNull();
  expect(settings({ enabled: false, apiKey: "k" })).toBeNull();
  expect(settings({ provider: "searxng", apiKey: "k" })).toBeNull();
  expect(settings({ provider: "searxng", baseUrl: "http://10.0.0.5:8080/" })).toMatchObject({
    baseUrl: "http://10.0.0.5:8080",
    apiKey: null,
    cacheTtlMs: 900_000,
  });
});
