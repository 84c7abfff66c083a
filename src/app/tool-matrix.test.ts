import { z } from "zod";
import { describe, expect, it } from "vitest";
import { nonOwnerPolicy } from "../agent/settings.ts";
import type { Tool } from "../agent/contract.ts";
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
});
