import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import { webhookManifest } from "../../channels/webhook/manifest.ts";
import type { Method } from "../contract.ts";
import { createChannelSetupMethods } from "./channel-setup.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
let configured: string[];
beforeEach(async () => {
  harness = await createTestServices({ config: "// mine\n{ gateway: { mode: 'local' } }\n" });
  const { services } = harness;
  configured = [];
  services.channels = { ...services.channels, available: () => [webhookManifest], ids: () => configured };
  methods = createChannelSetupMethods(services);
});
afterEach(() => harness.close());

const good = { secret: "long enough to be a secret", url: "https://example.org/in" };
const add = (values: Record<string, string>, change: object = {}) => {
  const baseHash = harness.services.config.read().hash;
  return harness.call(methods, "channels.add", { channel: "webhook", values, baseHash, ...change });
};
const file = () => readFileSync(harness.services.paths.configPath, "utf8");

describe("channels.add", () => {
  it("writes what was checked, with the comments kept and the client named", async () => {
    await add({ ...good, url: ` ${good.url} ` });
    expect(file()).toMatch(/^\/\/ mine/);
    expect(harness.services.config.read().parsed).toMatchObject({
      channels: { webhook: { enabled: true, ...good } },
    });
    expect(harness.services.config.history(1)[0]).toMatchObject({
      author: "rpc:cli",
      reason: "channels.add webhook",
    });
  });

  it.each([
    ["a credential that is no good", { ...good, secret: "short" }, {}, /secret: needs at least 16/],
    ["one that is missing", { secret: good.secret }, {}, /url/],
    ["a key that is no credential", { ...good, dmPolicy: "open" }, {}, /no credential "dmPolicy"/],
    ["a channel nobody knows", good, { channel: "fax" }, /unknown channel "fax"/],
    ["a file that changed meanwhile", good, { baseHash: "abc" }, /changed since/],
  ])("refuses %s and writes nothing", async (_, values, change, message) => {
    const before = file();
    await expect(add(values as Record<string, string>, change)).rejects.toThrow(message);
    expect(file()).toBe(before);
  });

  it("leaves a channel that is there alone", async () => {
    configured = ["webhook"];
    await expect(add(good)).rejects.toThrow(/configured already/);
  });
});
