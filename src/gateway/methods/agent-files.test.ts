import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Method } from "../contract.ts";
import { createAgentListMethods } from "./agents.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
beforeEach(async () => {
  harness = await createTestServices();
  methods = createAgentListMethods(harness.services);
});
afterEach(() => harness.close());

const name = "MEMORY.md";
const call = async (method: string, params: object = {}) =>
  (await harness.call(methods, `agents.files.${method}`, { agentId: "main", name, ...params })) as Record<
    string,
    unknown
  >;
const versions = async () => (await call("history"))["versions"] as Array<{ id: string; size: number }>;

describe("files of an agent", () => {
  it("keep the text a save takes the place of, and give it back", async () => {
    expect(await versions()).toEqual([]);
    await call("set", { content: "one", baseHash: "" });
    expect(await versions()).toEqual([]);
    await call("set", { content: "two" });
    await call("set", { content: "two" });
    const [kept, ...others] = await versions();
    expect(kept?.size).toBe(3);
    expect(others).toEqual([]);
    expect((await call("version", { id: kept?.id }))["content"]).toBe("one");
    const path = join(harness.services.paths.agentsDir, "main", "file-history", name, kept?.id ?? "");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const id of ["../../MEMORY.md", "0000000000000-000000000000"])
      await expect(call("version", { id })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("are not overwritten when the agent wrote meanwhile", async () => {
    const path = join(harness.workspace, name);
    writeFileSync(path, "mine");
    const { hash } = (await call("get"))["file"] as { hash: string };
    writeFileSync(path, "the agent's");
    await expect(call("set", { content: "mine, longer", baseHash: hash })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { reason: "changed" },
    });
    expect(readFileSync(path, "utf8")).toBe("the agent's");
    const fresh = (await call("get"))["file"] as { hash: string };
    await call("set", { content: "both", baseHash: fresh.hash });
    expect(readFileSync(path, "utf8")).toBe("both");
  });

  it("keep the newest fifty texts", async () => {
    for (let index = 0; index < 53; index++) await call("set", { content: `text ${index}` });
    const kept = await versions();
    expect(kept).toHaveLength(50);
    expect((await call("version", { id: kept[0]?.id }))["content"]).toBe("text 51");
  });
});
