import { WebSocket, type ClientOptions } from "ws";
import { describe, expect, it } from "vitest";
import { makeCertificates } from "../../test/support/certificates.ts";
import { startTestServer, testToken } from "../../test/support/gateway-server.ts";
import { tlsOptions } from "./tls.ts";

const certificates = makeCertificates();
const none = { cert: "", key: "" };

/** The answer to a `connect` with the right token, or why there was none. */
function signIn(url: string, options: ClientOptions): Promise<string> {
  const socket = new WebSocket(url.replace("ws:", "wss:"), options);
  return new Promise<string>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    socket.on("open", () =>
      socket.send(
        JSON.stringify({ type: "req", id: 1, method: "connect", params: { auth: { token: testToken } } }),
      ),
    );
    socket.on("message", (data: Buffer) => {
      if (data.toString().includes('"res"')) resolve(data.toString());
    });
  }).finally(() => socket.terminate());
}

describe.skipIf(certificates === null)("TLS", () => {
  const { ca, server, client } = certificates ?? { ca: none, server: none, client: none };

  it("serves the control plane over TLS 1.3 and nothing older", async () => {
    await using test = await startTestServer({ settings: { tls: server } });
    await expect(signIn(test.url, { ca: ca.cert })).resolves.toContain('"hello-ok"');
    await expect(signIn(test.url, { ca: ca.cert, maxVersion: "TLSv1.2" })).rejects.toThrow();
  });

  it("serves TLS 1.2 when the operator allows it", async () => {
    await using test = await startTestServer({ settings: { tls: { ...server, minVersion: "TLSv1.2" } } });
    await expect(signIn(test.url, { ca: ca.cert, maxVersion: "TLSv1.2" })).resolves.toContain('"hello-ok"');
  });

  it("with a CA lets in only clients that show a certificate signed by it", async () => {
    await using test = await startTestServer({ settings: { tls: { ...server, ca: ca.cert } } });
    await expect(signIn(test.url, { ca: ca.cert, ...client })).resolves.toContain('"hello-ok"');
    await expect(signIn(test.url, { ca: ca.cert })).rejects.toThrow();
    const stranger = makeCertificates()?.client ?? none;
    await expect(signIn(test.url, { ca: ca.cert, ...stranger })).rejects.toThrow();
  });

  it.each([
    ["gateway.tls.cert does not hold", { ...server, cert: "x" }],
    ["gateway.tls.key does not hold", { ...server, key: "y" }],
    ["gateway.tls.key is not the key of the certificate", { ...server, key: client.key }],
    ["gateway.tls.ca does not hold", { ...server, ca: "z" }],
  ])("names the setting that is wrong: %s", async (message, tls) => {
    expect(() => tlsOptions(tls)).toThrow(message);
    await expect(startTestServer({ settings: { tls } })).rejects.toMatchObject({ code: "TLS_INVALID" });
  });
});
