import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../../test/support/certificates.ts";
import { configSchema } from "../config/index.ts";
import { resolveTls } from "./target-tls.ts";
import { resolveTarget } from "./target.ts";

const stateDir = mkdtempSync(join(tmpdir(), "openclaw-target-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));
const certificates = makeCertificates();
const { server } = certificates ?? { server: { cert: "", key: "" } };
writeFileSync(join(stateDir, "cert.pem"), server.cert);
writeFileSync(join(stateDir, "key.pem"), server.key);

function trust(gateway: object, url?: string) {
  const config = configSchema.parse({ gateway });
  return resolveTls({ target: resolveTarget({ url, env: {}, config, running: null }), config, stateDir });
}

const remote = { url: "wss://vps.example", tlsFingerprint: "aa".repeat(32) };
const tls = { enabled: true, cert: "cert.pem", key: join(stateDir, "key.pem") };

describe("which certificate the gateway must show", () => {
  it("is the pinned one for the remote gateway, and for no other", () => {
    const pinned = { fingerprint: "aa".repeat(32) };
    expect(trust({ mode: "remote", remote })).toEqual(pinned);
    expect(trust({ remote }, "wss://vps.example")).toEqual(pinned);
    expect(trust({ remote }, "wss://other.example")).toBeNull();
    expect(trust({ remote })).toBeNull();
  });

  it.skipIf(certificates === null)("is the configured one for this machine's own gateway", () => {
    const fingerprint = new X509Certificate(server.cert).fingerprint256.replaceAll(":", "").toLowerCase();
    expect(trust({ tls })).toEqual({ fingerprint });
    expect(trust({ tls: { ...tls, ca: "ca.pem" } })).toEqual({ fingerprint, ...server });
    expect(trust({ tls }, "wss://127.0.0.1:1")).toBeNull();
    expect(trust({ tls: { ...tls, enabled: false } })).toBeNull();
  });

  it("names the key whose file is wrong", () => {
    expect(() => trust({ tls: { ...tls, cert: "none.pem" } })).toThrow(/^gateway\.tls\.cert \(none\.pem\)/);
    expect(() => trust({ tls: { ...tls, cert: "target" } })).toThrow(/^gateway\.tls\.cert/);
    writeFileSync(join(stateDir, "bad.pem"), "no certificate");
    expect(() => trust({ tls: { ...tls, cert: "bad.pem" } })).toThrow(/does not hold a PEM certificate/);
  });
});
