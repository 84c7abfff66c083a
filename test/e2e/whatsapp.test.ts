import { afterAll, beforeAll, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import type { Platform } from "../fakes/whatsapp/contract.ts";
import { newId, startPlatform } from "../fakes/whatsapp/platform.ts";
import { hushSignal } from "../fakes/whatsapp/trust.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

// The whole way with the real program, bundled as it is shipped, against the double of WhatsApp on a real port. The
// phones of the double use the reference implementation of the Signal protocol, the program its own.

const preload = fileURLToPath(new URL("../fakes/whatsapp/preload.mjs", import.meta.url));
const trusting = { NODE_OPTIONS: `--import=${preload}` };
let platform: Platform;
let home: E2eHome;
let gateway: Gateway;
let unhush: () => void;

beforeAll(async () => {
  unhush = hushSignal();
  platform = await startPlatform({ clock: systemClock });
  const address = `127.0.0.1:${platform.port}`;
  const whatsapp = {
    enabled: true,
    webSocketUrl: `ws://${address}/ws/chat`,
    mediaRoot: `http://${address}`,
    dmPolicy: "open",
    allowFrom: ["*"],
  };
  home = createHome({ config: { ...baseConfig, channels: { whatsapp } } });
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await platform?.stop();
  unhush?.();
});

const say = (text: string) =>
  platform.post({ id: newId(), author: platform.people.alice, group: null, message: { conversation: text } });
const answers = () =>
  platform.delivered.filter(({ to }) => to === platform.people.alice.jid || to === platform.people.alice.lid);

test("a login shows a QR code, and with a number a code to type", async () => {
  const showing = home.spawn(["channels", "login", "--channel", "whatsapp"], { env: trusting });
  await until(() => showing.stderr().includes("Scan this code"), { what: "the QR code", or: showing });
  expect(showing.stderr()).toMatch(/[█▀▄]{10}/);
  showing.signal("SIGINT");
  expect((await showing.ended).status).not.toBe(0);

  const typing = home.spawn(["channels", "login", "--channel", "whatsapp", "--phone", "+4915112345678"], {
    env: trusting,
  });
  const code = await until(() => /code on your phone: (\w{4}-\w{4})/.exec(typing.stderr())?.[1], {
    what: "the code",
    or: typing,
  });
  await platform.type(code);
  expect(await typing.ended).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("+4915112345678") as string,
  });
});

test("people are answered, also what they said while it was killed, once each", async () => {
  gateway = await home.gateway({ env: trusting });
  await say("hello");
  await until(() => answers().length === 1, { what: "the answer", or: gateway });
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) };
  const status = await home.cli(["channels", "status", "--probe"], { env });
  expect(status.stdout).toMatch(/whatsapp\s+default\s+connected/);
  gateway.signal("SIGKILL");
  await gateway.ended;
  await say("are you there?");
  gateway = await home.gateway({ env: trusting });
  await until(() => answers().length === 2, { what: "the answer", or: gateway });
  await say("good");
  await until(() => answers().length === 3, { what: "the next answer", or: gateway });
  expect(platform.devices).toHaveLength(1);
  expect(platform.repeated).toEqual([]);
});

test("a device removed on the phone is said, with the command that mends it", async () => {
  const [device] = platform.devices;
  if (device) device.removed = true;
  platform.faults.end({
    tag: "stream:error",
    attrs: { code: "401" },
    content: [{ tag: "conflict", attrs: { type: "device_removed" } }],
  });
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) };
  const status = await until(
    async () => {
      const { stdout } = await home.cli(["channels", "status", "--json"], { env });
      return stdout.includes("linked devices") ? stdout : undefined;
    },
    { what: "the trouble in the status", or: gateway },
  );
  expect(status).toContain("Failed to connect to WhatsApp");
  expect((await gateway.stop()).status).toBe(0);
  expect(gateway.stdout() + gateway.stderr()).not.toMatch(/privKey|chainKey|SessionEntry/);
  expect(platform.problems).toEqual([]);
});
