import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import { createPairingMethods, createPairingRelay } from "./pairing.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
const call = async (name: string, params: object = {}) =>
  (await harness.call(createPairingMethods(harness.services), `channels.pairing.${name}`, params)) as Record<
    string,
    unknown
  >;
const at = { channel: "telegram", account: "default" };
const ask = (id: string) =>
  harness.services.pairing.request(at, { id, chatId: `chat-${id}`, name: "Anna" })?.code ?? "";

beforeEach(async () => {
  harness = await createTestServices();
});
afterEach(() => harness.close());

test("lists who asks and who may; an approval and a rejection use the code up", async () => {
  const [one, two] = [ask("1"), ask("2")];
  expect(await call("list")).toMatchObject({
    pending: [
      { ...at, id: "1", name: "Anna", code: one },
      { id: "2", code: two },
    ],
    approved: [],
    hasOwner: false,
  });
  expect(await call("approve", { code: one, owner: true })).toEqual({
    approved: { ...at, id: "1", name: "Anna", owner: true },
    hasOwner: true,
  });
  expect(await call("reject", { code: two, channel: "telegram" })).toMatchObject({ rejected: { id: "2" } });
  await expect(call("approve", { code: one })).rejects.toMatchObject({ code: "PAIRING_CODE_UNKNOWN" });
  expect(await call("list", { account: "default" })).toMatchObject({
    pending: [],
    approved: [{ ...at, id: "1", owner: true }],
  });
  expect(await call("revoke", { id: "1" })).toEqual({ revoked: [{ ...at, id: "1", owner: true }] });
  expect(await call("list")).toMatchObject({ approved: [], hasOwner: false });
});

test("requests and decisions are announced to those who may answer them", async () => {
  const stop = createPairingRelay(harness.services);
  const code = ask("1");
  expect(ask("1")).toBe(code);
  await call("approve", { code });
  await call("revoke", { id: "1" });
  await call("reject", { code: ask("2") });
  stop();
  ask("3");
  expect(
    harness.events.map(({ event, payload, requires }) => [
      event,
      payload["id"],
      payload["decision"],
      requires,
    ]),
  ).toEqual([
    ["channels.pairing.requested", "1", undefined, "pairing"],
    ["channels.pairing.resolved", "1", "approved", "pairing"],
    ["channels.pairing.resolved", "1", "revoked", "pairing"],
    ["channels.pairing.requested", "2", undefined, "pairing"],
    ["channels.pairing.resolved", "2", "rejected", "pairing"],
  ]);
  expect(harness.events[0]?.payload).toMatchObject({ ...at, code, name: "Anna" });
  expect(harness.events[0]?.payload).not.toHaveProperty("chatId");
});

test("an approval stands although nobody can be told", async () => {
  expect(await call("approve", { code: ask("1"), notify: true })).toMatchObject({
    approved: { id: "1", owner: false },
    notified: false,
  });
  expect(harness.services.pairing.senders("telegram", "default").allowFrom).toEqual(["1"]);
});

test("making an owner takes the authority of an administrator", () => {
  const approve = createPairingMethods(harness.services).find(({ name }) => name.endsWith(".approve"));
  expect(approve?.authorityFor?.({ code: "x", owner: true })).toBe("admin");
  expect(approve?.authorityFor?.({ code: "x" })).toBe("pairing");
});
