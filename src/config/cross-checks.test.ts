import { expect, test } from "vitest";
import { crossCheck } from "./cross-checks.ts";
import { configSchema } from "./schema/index.ts";

const pathsOf = (hooks: Record<string, unknown>, auth = {}) =>
  crossCheck(configSchema.parse({ hooks, gateway: { auth } })).map((issue) => issue.path);

test.each<[Record<string, unknown>, string[]]>([
  [{}, []],
  [{ enabled: true, token: "own" }, []],
  [{ enabled: true, token: "own", path: "/in/hooks-2" }, []],
  [{ enabled: true }, ["hooks.token"]],
  [{ enabled: true, token: "  " }, ["hooks.token"]],
  [{ enabled: true, token: "shared" }, ["hooks.token"]],
  [{ enabled: false, token: "shared", path: "/" }, []],
  [{ enabled: true, token: "own", path: "/" }, ["hooks.path"]],
  [{ enabled: true, token: "own", path: "hooks" }, ["hooks.path"]],
  [{ enabled: true, token: "own", path: "/a/../b" }, ["hooks.path"]],
  [{ enabled: true, token: "own", path: "/v1" }, ["hooks.path"]],
  [{ enabled: true, token: "own", path: "/health" }, ["hooks.path"]],
])("%j", (hooks, paths) => {
  expect(pathsOf(hooks, { token: "shared" })).toEqual(paths);
});

test("a misspelt tool profile is named where it stands", () => {
  const config = configSchema.parse({
    tools: { profile: "codign", byProvider: { "openai/x": { profile: "none" } } },
    agents: { defaults: { tools: { profile: "full" } }, list: [{ id: "a", tools: { profile: "Minimal" } }] },
  });
  expect(crossCheck(config).map(({ path }) => path)).toEqual([
    "tools.profile",
    "agents.list[0].tools.profile",
    "tools.byProvider.openai/x.profile",
  ]);
});

test("asks for an address of the collector only while traces are on, and never shows a password in it", () => {
  const issues = (otel: object) => crossCheck(configSchema.parse({ diagnostics: { otel } }));
  expect(issues({ endpoint: "nonsense" })).toEqual([]);
  expect(issues({ enabled: true })).toEqual([]);
  for (const endpoint of ["nonsense", "ftp://collector/", "http://u:sesame@collector:4318"]) {
    const [issue] = issues({ enabled: true, endpoint });
    expect(issue?.path).toBe("diagnostics.otel.endpoint");
    expect(issue?.message).not.toContain("sesame");
  }
});
