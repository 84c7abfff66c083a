import { describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import {
  cliConnect,
  connectRaw,
  openRaw,
  startTestServer,
  testDevice,
  testToken,
  type TestDevice,
  type TestServer,
} from "../../../test/support/gateway-server.ts";
import { deviceProofText } from "../../protocol/index.ts";
import { createDeviceVerifier } from "./device-proof.ts";

const remote = { "x-forwarded-for": "203.0.113.9" };
const seed = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const vectorFields = {
  deviceId: "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c",
  clientId: "cli",
  clientMode: "cli",
  role: "operator",
  signedAt: 1767225600000,
};

async function connect(
  test: TestServer,
  options: Parameters<typeof cliConnect>[1] & { headers?: Record<string, string> },
) {
  const client = await openRaw(test.url, options.headers ? { headers: options.headers } : {});
  const answer = await client.request(
    "connect",
    await cliConnect(client, { token: testToken, ...options }),
    "c",
  );
  return {
    client,
    answer,
    error: answer.error,
    hello: answer.payload as Record<string, unknown> | undefined,
  };
}

function authOf(connected: { hello: Record<string, unknown> | undefined }): { deviceToken: string } {
  return (connected.hello ?? {})["auth"] as { deviceToken: string };
}

function detailsOf(refused: { error: Record<string, unknown> | undefined }): { requestId: string } {
  return (refused.error ?? {})["details"] as { requestId: string };
}

describe("device proofs", () => {
  it("are the texts and signatures of the published vectors", () => {
    const device = testDevice(seed);
    expect(device.publicKey).toBe("A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg");
    const v2 = deviceProofText({
      ...vectorFields,
      scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
      token: "secret-token",
      nonce: "11111111-2222-3333-4444-555555555555",
    });
    expect(v2).toBe(
      "v2|56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c|cli|cli|operator|operator.admin,operator.approvals,operator.pairing|1767225600000|secret-token|11111111-2222-3333-4444-555555555555",
    );
    expect(device.sign(v2)).toBe(
      "XuFJQspT4hJJpk3mP5Owq86wH_6rI8hBDsXzyUfrQlcW6r7cComZIY7p_YpTfXm_5lMeXsAnQyJYeDNjRda4CA",
    );
    const v1 = deviceProofText({ ...vectorFields, scopes: [], token: "" });
    expect(device.sign(v1)).toBe(
      "iiZSmQrLy5Q8Xb_ilduY8T8aZ_nJyzacQGM3_FEMD2OCLrSXaBzeQCY0Hr9VYMmTYlu35Hug5vYsVOLxeDpeAg",
    );
  });

  it("verify with keys as base64url and as PEM, and a proof without a nonce once", () => {
    const clock = manualClock(vectorFields.signedAt);
    const verify = createDeviceVerifier(clock);
    const device = testDevice(seed);
    const proof = (publicKey: string) =>
      verify({
        claim: {
          id: device.id,
          publicKey,
          signature: "iiZSmQrLy5Q8Xb_ilduY8T8aZ_nJyzacQGM3_FEMD2OCLrSXaBzeQCY0Hr9VYMmTYlu35Hug5vYsVOLxeDpeAg",
          signedAt: vectorFields.signedAt,
        },
        ...vectorFields,
        scopes: [],
        token: "",
        challenge: "unused",
        nonceRequired: false,
      });
    const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from(device.publicKey, "base64url"),
    ]).toString("base64")}\n-----END PUBLIC KEY-----\n`;
    expect(proof(pem)).toMatchObject({ ok: true, publicKey: device.publicKey });
    expect(proof(device.publicKey)).toEqual({ ok: false, message: "device signature invalid" });
  });

  it.each<[string, Parameters<typeof cliConnect>[1] & { headers?: Record<string, string> }, string]>([
    ["a clock 10 minutes behind", { signedAt: Date.now() - 700_000 }, "device signature expired"],
    ["a clock ahead", { signedAt: Date.now() + 700_000 }, "device signature expired"],
    ["another key's id", { tamper: (d) => (d["id"] = "00".repeat(32)) }, "device identity mismatch"],
    ["a key that is none", { tamper: (d) => (d["publicKey"] = "AAAA") }, "device public key invalid"],
    [
      "a nonce of another socket",
      { tamper: (d) => (d["nonce"] = "11111111-2222-3333-4444-555555555555") },
      "device nonce mismatch",
    ],
    [
      "a broken signature",
      { tamper: (d) => (d["signature"] = Buffer.alloc(64, 1).toString("base64url")) },
      "device signature invalid",
    ],
    ["an empty-ish signature", { tamper: (d) => (d["signature"] = "AA") }, "device signature invalid"],
    ["no nonce from another machine", { withNonce: false, headers: remote }, "device nonce required"],
    ["no nonce in protocol 4", { withNonce: false, protocol: [4, 4] }, "device nonce required"],
  ])("with %s are refused although the secret is right", async (_name, options, message) => {
    await using test = await startTestServer();
    const { client, error } = await connect(test, { device: testDevice(), ...options });
    expect(error).toEqual({ code: "INVALID_REQUEST", message });
    expect(await client.closed).toEqual({ code: 1008, reason: message });
    expect(test.server.devices.paired()).toEqual([]);
  });

  it("cannot be replayed on another socket", async () => {
    await using test = await startTestServer();
    const device = testDevice();
    const first = await openRaw(test.url);
    const params = await cliConnect(first, { device, token: testToken });
    expect(await first.request("connect", params)).toMatchObject({ ok: true });
    const second = await openRaw(test.url);
    expect((await second.request("connect", params)).error).toMatchObject({
      message: "device nonce mismatch",
    });
  });

  it("cover the scopes: others than signed are refused", async () => {
    await using test = await startTestServer();
    const client = await openRaw(test.url);
    const params = await cliConnect(client, {
      device: testDevice(),
      token: testToken,
      scopes: ["operator.read"],
    });
    const answer = await client.request("connect", {
      ...params,
      scopes: ["operator.read", "operator.admin"],
    });
    expect(answer.error).toMatchObject({ message: "device signature invalid" });
  });
});

describe("pairing", () => {
  it("is silent for the first connect from this machine and only tells that it happened", async () => {
    await using test = await startTestServer();
    const watcher = await connectRaw(test);
    const device = testDevice();
    const { hello } = await connect(test, { device, withNonce: false });
    expect(hello).toMatchObject({ auth: { role: "operator" } });
    const event = await watcher.next((frame) => String(frame["event"]).startsWith("device.pair."));
    expect(event).toMatchObject({
      event: "device.pair.resolved",
      payload: { deviceId: device.id, decision: "approved" },
    });
  });

  it("is never silent for more than was approved: a wider ask waits and changes nothing", async () => {
    await using test = await startTestServer();
    const device = testDevice();
    await connect(test, { device, scopes: ["operator.read"] });
    const wider = await connect(test, { device, scopes: ["operator.read", "operator.admin"] });
    expect(wider.error).toMatchObject({
      code: "NOT_PAIRED",
      message: "pairing required",
      details: { requestId: expect.any(String) },
    });
    expect(await wider.client.closed).toEqual({ code: 1008, reason: "pairing required" });
    const asNode = await connect(test, { device, role: "node", scopes: [] });
    expect(asNode.error).toMatchObject({ code: "NOT_PAIRED" });
    expect(test.server.devices.get(device.id)).toMatchObject({
      scopes: ["operator.read"],
      roles: ["operator"],
    });
    const again = await connect(test, { device, scopes: [] });
    expect(again.hello).toMatchObject({ auth: { scopes: ["operator.read"] } });
  });

  it("gives nothing for scopes it does not know", async () => {
    await using test = await startTestServer();
    const { client, answer } = await connect(test, { scopes: ["operator.everything"], protocol: [4, 4] });
    expect(answer.payload).toMatchObject({ auth: { scopes: [] }, snapshot: { presence: [], health: {} } });
    expect(answer.payload).not.toHaveProperty("snapshot.configPath");
    expect(await client.request("system-presence")).toMatchObject({
      error: { message: "missing scope: operator.read" },
    });
  });

  it("waits for a person when the client is elsewhere, then lets it in with a token of its own", async () => {
    await using test = await startTestServer();
    const admin = await connectRaw(test);
    const device = testDevice();
    const scopes = ["operator.read", "operator.write"];
    const first = await connect(test, { device, headers: remote, scopes });
    const { requestId } = detailsOf(first);
    const event = await admin.next((frame) => frame["event"] === "device.pair.requested");
    expect(event.payload).toMatchObject({
      requestId,
      deviceId: device.id,
      remoteIp: "127.0.0.1",
      isRepair: false,
    });
    const second = await connect(test, { device, headers: remote, scopes });
    expect(second.error?.["details"]).toEqual({ requestId });
    expect(await admin.request("device.pair.approve", { requestId })).toMatchObject({
      ok: true,
      payload: { requestId, device: { deviceId: device.id, scopes } },
    });
    const third = await connect(test, { device, headers: remote, scopes });
    const { deviceToken } = authOf(third);
    expect(deviceToken).toMatch(/^[0-9a-f]{32}$/);
    const byToken = await connect(test, { device, headers: remote, scopes, token: deviceToken });
    expect(byToken.hello).toMatchObject({ auth: { deviceToken, scopes } });
  });

  it("does not let a device token carry another device, role or wider scopes", async () => {
    await using test = await startTestServer();
    const device = testDevice();
    const { deviceToken } = authOf(await connect(test, { device, scopes: ["operator.read"] }));
    const refused: Array<Parameters<typeof cliConnect>[1] & { device?: TestDevice }> = [
      { device: testDevice(), scopes: ["operator.read"] },
      { device, scopes: ["operator.admin"] },
      { device, role: "node", scopes: [] },
      { scopes: ["operator.read"] },
    ];
    for (const options of refused) {
      const { error } = await connect(test, { ...options, token: deviceToken });
      expect(error).toMatchObject({ code: "AUTH_FAILED" });
    }
  });

  it("needs a device from elsewhere, whatever the client says it is", async () => {
    await using test = await startTestServer();
    for (const id of ["cli", "gateway-client", "openclaw-probe"]) {
      const { error } = await connect(test, { headers: remote, client: { id } });
      expect(error).toMatchObject({ code: "NOT_PAIRED", message: "device identity required" });
    }
    const page = await connect(test, {
      headers: remote,
      client: { id: "openclaw-control-ui", mode: "webchat" },
    });
    expect(page.error?.["message"]).toMatch(/secure context/);
  });

  it("lets the page without device in from elsewhere only when the operator said so", async () => {
    await using test = await startTestServer();
    test.settings.controlUi = { ...test.settings.controlUi, allowInsecureAuth: true };
    const ui = { id: "openclaw-control-ui", mode: "webchat" };
    expect((await connect(test, { headers: remote, client: ui })).answer).toMatchObject({ ok: true });
    expect((await connect(test, { headers: remote, client: ui, token: "wrong" })).error).toMatchObject({
      code: "AUTH_FAILED",
    });
    expect((await connect(test, { headers: remote })).error).toMatchObject({ code: "NOT_PAIRED" });
  });
});

describe("connections die with their credential", () => {
  it("when the shared secret changes", async () => {
    const { Secret } = await import("../../core/secret.ts");
    await using test = await startTestServer();
    const client = await connectRaw(test);
    expect(test.server.recheckCredentials()).toBe(0);
    test.settings.auth = { mode: "token", token: new Secret("another"), password: null };
    expect(test.server.recheckCredentials()).toBe(1);
    expect(await client.closed).toEqual({ code: 1008, reason: "credentials changed" });
  });

  it("when a device token is revoked or rotated, and no others do", async () => {
    await using test = await startTestServer();
    const admin = await connectRaw(test);
    const device = testDevice();
    const { deviceToken } = authOf(await connect(test, { device, scopes: ["operator.read"] }));
    for (const call of ["device.token.rotate", "device.token.revoke"]) {
      const token = test.server.devices.get(device.id)?.tokens["operator"]?.token ?? deviceToken;
      const { client } = await connect(test, { device, scopes: ["operator.read"], token });
      expect(await admin.request(call, { deviceId: device.id, role: "operator" })).toMatchObject({
        ok: true,
      });
      expect(await client.closed).toEqual({ code: 1008, reason: "credentials changed" });
      expect((await connect(test, { device, scopes: ["operator.read"], token })).error).toMatchObject({
        code: "AUTH_FAILED",
      });
    }
    expect(admin.socket.readyState).toBe(admin.socket.OPEN);
  });
});
