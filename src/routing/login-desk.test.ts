import { expect, test } from "vitest";
import { clock, openHost, status, until, writtenRuns } from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";
import { silentLogger } from "../core/logger.ts";
import { createLoginDesk } from "./login-desk.ts";

const place = { channel: "scripted", account: "default" };

async function open(login: NonNullable<ReturnType<typeof scriptedChannel>["login"]>) {
  const channel = scriptedChannel();
  channel.login = login;
  const host = openHost(channel);
  await host.start(writtenRuns().runs);
  return { channel, host, desk: createLoginDesk({ host, clock, logger: silentLogger }) };
}

test("a login shows what comes, while the account rests, and starts it when it is done", async () => {
  const scanned = Promise.withResolvers<{ identity: string }>();
  const { channel, host, desk } = await open((context) => {
    context.show({ kind: "qr", data: "first", expiresAt: 0 });
    return scanned.promise;
  });
  const begun = await desk.start(place);
  const shown = await desk.next(place, begun.version, 1000);
  expect(shown?.step).toMatchObject({ kind: "qr", data: "first" });
  expect(status(host)).toMatchObject({ running: false });
  expect(await desk.start(place)).toEqual(shown);
  scanned.resolve({ identity: "+1555" });
  expect(await desk.next(place, shown?.version ?? 0, 1000)).toMatchObject({
    result: { connected: true, message: "logged in as +1555" },
  });
  await until(() => channel.starts.length === 2);
});

test("a login nobody completes ends by itself and says so", async () => {
  const { desk } = await open(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  );
  const { version } = await desk.start(place);
  await until(() => true);
  clock.advance(5 * 60_000);
  expect(await desk.next(place, version, 1000)).toMatchObject({
    result: { connected: false, message: "nobody completed the login in time" },
  });
});

test("logging out stops the account; where a token is all there is nothing to log in to", async () => {
  const { host, desk } = await open(() => Promise.resolve({ identity: "x" }));
  expect(await desk.logout(place)).toEqual({ cleared: true });
  expect(status(host)).toMatchObject({ running: false });
  expect(await desk.next(place, 0, 0)).toBeNull();
  const plain = openHost(scriptedChannel(), { stateDir: "/two", config: { token: "t2" } });
  await plain.start(writtenRuns().runs);
  const other = createLoginDesk({ host: plain, clock, logger: silentLogger });
  await expect(other.start(place)).rejects.toMatchObject({ code: "LOGIN_NOT_NEEDED" });
});
