import { createPrivateKey, X509Certificate } from "node:crypto";
import type { ServerOptions } from "node:https";
import { createSecureContext } from "node:tls";
import { messageOf, UserError } from "../core/errors.ts";
import type { TlsSettings } from "./settings.ts";

/**
 * The options of the HTTPS server (CFG `gateway.tls`): TLS 1.3 unless 1.2 is allowed, and with `ca` only clients that
 * show a certificate signed by it.
 * @throws UserError TLS_INVALID, naming the key whose file is wrong.
 */
export function tlsOptions(tls: TlsSettings): ServerOptions {
  const { cert, key, ca, minVersion = "TLSv1.3" } = tls;
  const certificate = readable("gateway.tls.cert", "a PEM certificate", () => new X509Certificate(cert));
  const privateKey = readable("gateway.tls.key", "a PEM private key without a passphrase", () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new UserError(
      "TLS_INVALID",
      `gateway.tls.key is not the key of the certificate in gateway.tls.cert (${oneLine(certificate.subject)})`,
      { hint: "put the certificate of the server itself first in gateway.tls.cert" },
    );
  }
  if (ca !== undefined) readable("gateway.tls.ca", "a PEM bundle", () => new X509Certificate(ca));
  const options: ServerOptions = {
    cert,
    key,
    minVersion,
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
  };
  // What only OpenSSL as a whole refuses: too small a key, a broken chain.
  readable("gateway.tls", "a usable certificate, key and CA", () => createSecureContext(options));
  return options;
}

function readable<T>(key: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UserError("TLS_INVALID", `${key} does not hold ${what}: ${messageOf(cause)}`, {
      hint:
        key === "gateway.tls"
          ? "openclaw config get gateway.tls"
          : `openclaw config set ${key} /path/to/file.pem`,
      cause,
    });
  }
}

function oneLine(subject: string): string {
  return subject.replaceAll("\n", ", ");
}
