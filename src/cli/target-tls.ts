import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { KnownSettings } from "../config/contract.ts";
import type { TlsTrust } from "../client/options.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { sameGateway, type Target } from "./target.ts";

/**
 * Which certificate the gateway must show: the pinned one of `gateway.remote`, and of this machine's own gateway the
 * one in its configuration, which no authority need have signed. Null leaves it to the authorities of the system. A
 * local gateway that wants client certificates is shown its own.
 * @throws UserError TLS_FILE
 */
export function resolveTls(options: {
  target: Target;
  config: KnownSettings;
  stateDir: string;
}): TlsTrust | null {
  const { target, config, stateDir } = options;
  const { remote } = config.gateway;
  if (remote?.tlsFingerprint && remote.url && sameGateway(remote.url, target.url))
    return { fingerprint: remote.tlsFingerprint };
  const own = target.from === "running gateway" || target.from === "configuration";
  if (!own || !target.url.startsWith("wss:")) return null;
  const { tls } = config.gateway;
  if (!tls.cert) return null;
  const cert = readPem("gateway.tls.cert", tls.cert, stateDir);
  const trust: TlsTrust = { fingerprint: fingerprintOf(cert) };
  return tls.ca && tls.key ? { ...trust, cert, key: readPem("gateway.tls.key", tls.key, stateDir) } : trust;
}

function readPem(key: string, path: string, stateDir: string): string {
  try {
    return readFileSync(isAbsolute(path) ? path : join(stateDir, path), "utf8");
  } catch (error) {
    throw new UserError("TLS_FILE", `${key} (${path}) cannot be read: ${messageOf(error)}`, {
      hint: `openclaw config set ${key} /path/to/file.pem`,
    });
  }
}

function fingerprintOf(pem: string): string {
  try {
    return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
  } catch (error) {
    throw new UserError("TLS_FILE", `gateway.tls.cert does not hold a PEM certificate: ${messageOf(error)}`, {
      hint: "openclaw config set gateway.tls.cert /path/to/file.pem",
    });
  }
}
