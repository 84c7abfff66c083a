import { z } from "zod";
import { describe, expect, it } from "vitest";
import { nonOwnerPolicy } from "../agent/settings.ts";
import type { Tool } from "../agent/contract.ts";
import { configSchema } from "../config/schema/index.ts";
import { resolvePaths } from "../state/index.ts";
import { sandboxPolicy, sandboxSettings } from "./sandboxes.ts";
import { agentSettings } from "./settings.ts";
import { toolMatrix } from "./tool-matrix.ts";

const tool = (name: string, groups: string[]): Tool => ({
  name,
  description: "Does one thing. And explains it at length.",
  groups,
  effect: "read",
  input: z.unknown(),
  run: () => Promise.reject(new Error("not run")),
});

describe("toolMatrix", () => {
  it("names the rule that refuses a tool in each kind of session", () => {
    const { columns, tools } = toolMatrix({
      tools: [tool("sessions_send", ["group:sessions"]), tool("exec", ["group:runtime"])],
      settings: { global: { deny: ["bash"] }, agent: {}, byProvider: {}, nonOwner: nonOwnerPolicy },
      agentId: "main",
      model: { provider: "test", id: "m" },
    });
    expect(tools.map(({ name }) => name)).toEqual(["exec", "sessions_send"]);
    expect(tools[0]?.refusedBy).toEqual(columns.map(() => "tools.deny"));
    expect(tools[0]?.about).toBe("Does one thing.");
    const group = columns.findIndex(({ session, owner }) => session === "group" && owner);
    const main = columns.findIndex(({ session }) => session === "main");
    expect(tools[1]?.refusedBy[main]).toBeNull();
    expect(tools[1]?.refusedBy[group]).toBe("built-in rule for group sessions.deny");
  });

  it("knows what sandboxes leave, in the sessions that have one", () => {
    const config = configSchema.parse({
      agents: { defaults: { sandbox: { mode: "non-main" } } },
      tools: { sandbox: { tools: { deny: ["write"] } } },
    });
    const paths = resolvePaths({ env: {}, home: "/home/somebody" });
    const inside = { insideSandbox: true as const };
    const { columns, tools } = toolMatrix({
      tools: [
        { ...tool("exec", ["group:runtime"]), ...inside },
        { ...tool("write", ["group:fs"]), ...inside },
        { ...tool("lever", []), effect: "exec" },
        tool("memory_search", ["group:memory"]),
      ],
      settings: agentSettings(config, paths, "main").tools,
      sandbox: (who) => sandboxPolicy(sandboxSettings(config, paths, "main"), who),
      agentId: "main",
      model: { provider: "test", id: "m" },
    });
    const refused = (session: string) => {
      const at = columns.findIndex((column) => column.session === session && column.owner);
      return Object.fromEntries(tools.map(({ name, refusedBy }) => [name, refusedBy[at]]));
    };
    expect(refused("main")).toEqual({ exec: null, write: null, lever: null, memory_search: null });
    expect(refused("direct")).toEqual({
      exec: null,
      write: "tools.sandbox.tools.deny",
      lever: "built-in rule: it works outside sandboxes",
      memory_search: "built-in rule for sandboxes.deny",
    });
  });
});
