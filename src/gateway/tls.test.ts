import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { expect, it } from "vitest";
import { startTestServer, testToken } from "../../test/support/gateway-server.ts";

function selfSigned(): { cert: string; key: string } | null {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-tls-"));
  try {
    const [key, cert] = [join(folder, "k.pem"), join(folder, "c.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    execFileSync(
      "openssl",
      ["req", "-x509", ...curve, "-nodes", "-keyout", key, "-out", cert, "-days", "2", ...subject],
      { stdio: "ignore" },
    );
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } catch {
    // No openssl on this machine: the test is skipped by name.
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const tls = selfSigned();

it.skipIf(tls === null)("serves the control plane over TLS 1.3 and nothing older", async () => {
  await using test = await startTestServer({ settings: { tls } });
  const url = test.url.replace("ws:", "wss:");
  const ca = tls?.cert ?? "";
  const socket = new WebSocket(url, { ca });
  const hello = await new Promise<string>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () =>
      socket.send(
        JSON.stringify({ type: "req", id: 1, method: "connect", params: { auth: { token: testToken } } }),
      ),
    );
    socket.on("message", (data: Buffer) => {
      if (data.toString().includes('"res"')) resolve(data.toString());
    });
  });
  expect(hello).toContain('"hello-ok"');
  socket.close();
  const old = new WebSocket(url, { ca, maxVersion: "TLSv1.2" });
  await expect(new Promise((_, reject) => old.on("error", reject))).rejects.toThrow();
});

it("says which setting is wrong when the certificate cannot be used", async () => {
  await expect(startTestServer({ settings: { tls: { cert: "x", key: "y" } } })).rejects.toThrow(
    /TLS certificate or key/,
  );
});
