import { createHash, X509Certificate } from "node:crypto";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { makeCertificates } from "../../test/support/certificates.ts";
import { startTestServer, testToken } from "../../test/support/gateway-server.ts";
import { Secret } from "../core/secret.ts";
import { connectGateway, type TlsTrust } from "./index.ts";
import { parseFingerprint } from "./pinned-socket.ts";

const certificates = makeCertificates();
const about = { id: "cli", mode: "cli", version: "1", platform: "linux" };

const connect = (url: string, tls?: TlsTrust) =>
  connectGateway({
    url: url.replace("ws:", "wss:"),
    auth: { token: new Secret(testToken) },
    client: about,
    ...(tls === undefined ? {} : { tls }),
  });

describe.skipIf(certificates === null)("a pinned certificate", () => {
  const { ca, server, client } = certificates ?? { ca: none(), server: none(), client: none() };
  const fingerprint = () => new X509Certificate(server.cert).fingerprint256;
  const wrong = "00".repeat(32);

  it("lets in the gateway that shows it, though no authority signed it", async () => {
    await using test = await startTestServer({ settings: { tls: server } });
    await expect(connect(test.url)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    const gateway = await connect(test.url, { fingerprint: fingerprint() });
    expect(gateway.hello).toMatchObject({ type: "hello-ok" });
    gateway.close();
  });

  it("shows its own certificate to a gateway that wants one", async () => {
    await using test = await startTestServer({ settings: { tls: { ...server, ca: ca.cert } } });
    await expect(connect(test.url, { fingerprint: fingerprint() })).rejects.toThrow();
    const gateway = await connect(test.url, { fingerprint: fingerprint(), ...client });
    expect(gateway.hello).toMatchObject({ type: "hello-ok" });
    gateway.close();
  });

  it("refuses another certificate and says which one it saw", async () => {
    await using test = await startTestServer({ settings: { tls: server } });
    await expect(connect(test.url, { fingerprint: wrong })).rejects.toMatchObject({
      code: "TLS_FINGERPRINT_MISMATCH",
      message: expect.stringContaining(parseFingerprint(fingerprint())),
    });
  });

  it("sends nothing, not even the address with its token, to a gateway with another certificate", async () => {
    let received = "";
    const listener = createServer({ cert: server.cert, key: server.key }, (socket) => {
      socket.on("data", (data) => (received += data.toString("latin1")));
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const closed = new Promise<void>((resolve) =>
      listener.once("connection", (socket) => socket.once("close", () => resolve())),
    );
    const { port } = listener.address() as AddressInfo;
    const url = `ws://127.0.0.1:${port}/?token=${testToken}`;
    const refused = await connect(url, { fingerprint: wrong }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "TLS_FINGERPRINT_MISMATCH" });
    expect(String(refused)).not.toContain(testToken);
    await closed;
    expect(received).toBe("");
    listener.close();
  });

  it("is no use without TLS: refused before anything is sent", async () => {
    await using test = await startTestServer();
    const plain = connectGateway({ url: test.url, client: about, tls: { fingerprint: wrong } });
    await expect(plain).rejects.toMatchObject({ code: "TLS_FINGERPRINT_UNUSABLE" });
  });

  it("names a gateway that does not speak TLS or does not run", async () => {
    const { url } = await startTestServer().then(async (test) => {
      await test[Symbol.asyncDispose]();
      return test;
    });
    await expect(connect(url, { fingerprint: wrong })).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
  });
});

describe("parseFingerprint", () => {
  const hex = createHash("sha256").update("x").digest("hex");
  const colons = hex.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:");

  it.each([hex, colons, `sha256:${hex}`, `SHA256 Fingerprint=${colons}`, `sha256 Fingerprint=${colons}\n`])(
    "takes %s",
    (text) => {
      expect(parseFingerprint(text)).toBe(hex);
    },
  );

  it.each(["", "abc", hex.slice(2), `${hex}00`, `zz${hex.slice(2)}`, `sha1:${hex}`])("refuses %j", (text) => {
    expect(() => parseFingerprint(text)).toThrow(/is not a SHA-256 fingerprint/);
  });
});

function none(): { cert: string; key: string } {
  return { cert: "", key: "" };
}
