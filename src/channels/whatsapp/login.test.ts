import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import type { Platform } from "../../../test/fakes/whatsapp/contract.ts";
import { startPlatform } from "../../../test/fakes/whatsapp/platform.ts";
import { trustTheDouble } from "../../../test/fakes/whatsapp/trust.ts";
import type { ChannelContext, ChannelTrouble, InboundEvent, LoginContext, LoginStep } from "../contract.ts";
import { whatsappChannel } from "./index.ts";
import { login, logout } from "./login.ts";

let platform: Platform;
let dir: string;
beforeEach(async () => {
  trustTheDouble();
  platform = await startPlatform({ clock: systemClock });
  dir = mkdtempSync(join(tmpdir(), "openclaw-wa-"));
});
afterEach(async () => {
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
  expect(platform.problems).toEqual([]);
});

const config = () => ({ webSocketUrl: `ws://127.0.0.1:${platform.port}/ws/chat` });
function contextOf(show: (step: LoginStep) => void, more: Partial<LoginContext> = {}): LoginContext {
  return {
    account: "default",
    config: config(),
    dir,
    clock: systemClock,
    logger: silentLogger,
    signal: new AbortController().signal,
    show,
    ...more,
  };
}
const scanning = (step: LoginStep): void => {
  if (step.kind === "qr") platform.scan(step.data);
};

function started(handlers: {
  receive?: (event: InboundEvent) => void;
  trouble?: (trouble: ChannelTrouble) => void;
  proved?: () => void;
}): ChannelContext {
  return {
    account: "default",
    config: config(),
    dir,
    store: { get: () => undefined, set: () => Promise.resolve() },
    clock: systemClock,
    logger: silentLogger,
    signal: new AbortController().signal,
    fence: 1,
    receive: (event) => {
      handlers.receive?.(event);
      return Promise.resolve({ accepted: true, duplicate: false });
    },
    proved: () => handlers.proved?.(),
    trouble: (trouble) => handlers.trouble?.(trouble),
  };
}

describe("logging in", () => {
  it("by QR code, through the restart WhatsApp asks for, and the login can be used", async () => {
    const steps: LoginStep[] = [];
    const done = await login(contextOf((step) => (steps.push(step), scanning(step))));
    expect(done.identity).toBe("+4915112345678");
    expect(steps[0]).toMatchObject({ kind: "qr", data: expect.stringContaining("wa.me") as string });
    const heard = Promise.withResolvers<InboundEvent>();
    const running = await whatsappChannel.start(started({ receive: heard.resolve }));
    await platform.post({
      id: "AC01",
      author: platform.people.alice,
      group: null,
      message: { conversation: "hi" },
    });
    expect(await heard.promise).toMatchObject({
      kind: "message",
      text: "hi",
      sender: { id: "+4917700000001" },
    });
    await running.stop();
    const again = await login(contextOf((step) => steps.push(step)));
    expect(again.identity).toBe("+4915112345678");
    expect(steps.at(-1)).toMatchObject({ kind: "note" });
    expect(platform.devices).toHaveLength(1);
  });

  it("by a code that is typed on the phone", async () => {
    const done = await login(
      contextOf(
        (step) => {
          if (step.kind === "code") void platform.type(step.code);
        },
        { phoneNumber: "+49 151 12345678" },
      ),
    );
    expect(done.identity).toBe("+4915112345678");
    expect(JSON.parse(readFileSync(join(dir, "creds.json"), "utf8"))).toMatchObject({ registered: true });
  });

  it("anew over an old login when asked to", async () => {
    await login(contextOf(scanning));
    const before = readFileSync(join(dir, "creds.json"), "utf8");
    await login(contextOf(scanning, { force: true }));
    expect(readFileSync(join(dir, "creds.json"), "utf8")).not.toBe(before);
    expect(platform.devices).toHaveLength(2);
  });

  it("ends when it is aborted, and leaves no half login that would be taken for one", async () => {
    const abort = new AbortController();
    const going = login(contextOf(() => abort.abort(new Error("enough")), { signal: abort.signal }));
    await expect(going).rejects.toThrow("enough");
    await expect(whatsappChannel.start(started({}))).rejects.toMatchObject({
      code: "NOT_LOGGED_IN",
      hint: "openclaw channels login --channel whatsapp --account default",
    });
  });

  it("says so when the number is none, or WhatsApp refuses", async () => {
    await expect(login(contextOf(() => {}, { phoneNumber: "Bob" }))).rejects.toMatchObject({
      code: "TARGET_INVALID",
    });
    platform.faults.refuse = 403;
    await expect(login(contextOf(() => {}))).rejects.toMatchObject({ code: "LOGIN_FAILED" });
  });
});

describe("logging out", () => {
  it("takes the device off the account and removes its keys", async () => {
    await login(contextOf(scanning));
    expect(await logout(contextOf(() => {}))).toEqual({ cleared: true });
    expect(platform.devices[0]?.removed).toBe(true);
    expect(readdirSync(dir)).toEqual([]);
    expect(await logout(contextOf(() => {}))).toEqual({ cleared: false });
  });

  it("on the phone is told to the account at once, with the command that mends it", async () => {
    await login(contextOf(scanning));
    const told = Promise.withResolvers<ChannelTrouble>();
    const up = Promise.withResolvers<void>();
    const running = await whatsappChannel.start(started({ trouble: told.resolve, proved: up.resolve }));
    await up.promise;
    const [device] = platform.devices;
    if (device) device.removed = true;
    platform.faults.end({
      tag: "stream:error",
      attrs: { code: "401" },
      content: [{ tag: "conflict", attrs: { type: "device_removed" } }],
    });
    expect(await told.promise).toMatchObject({ code: "LOGGED_OUT", fatal: true });
    await running.stop();
  });
});
