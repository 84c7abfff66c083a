import { createHash } from "node:crypto";
import type { ClientRequestArgs } from "node:http";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { UserError } from "../core/errors.ts";
import type { TlsTrust, WebSocketLike } from "./options.ts";
import { displayUrl } from "./url.ts";

/** Milliseconds for the TLS handshake. */
const handshakeTimeoutMs = 10_000;

/**
 * Opens a `wss:` socket whose server must show the certificate with the pinned fingerprint. Nothing of ours, neither
 * path nor query, is sent before that is certain. With a pin it alone decides; no certificate authority is asked.
 * @throws UserError TLS_FINGERPRINT_INVALID, TLS_FINGERPRINT_UNUSABLE for an address without TLS.
 */
export function openPinnedSocket(url: string, trust: TlsTrust, maxPayload: number): WebSocketLike {
  const pin = trust.fingerprint === undefined ? null : parseFingerprint(trust.fingerprint);
  if (!url.startsWith("wss:")) {
    throw new UserError(
      "TLS_FINGERPRINT_UNUSABLE",
      `the certificate of ${displayUrl(url)} cannot be checked: the address has no TLS`,
      { hint: "use a wss:// address, or: openclaw config unset gateway.remote.tlsFingerprint" },
    );
  }
  // `ws` hands its options and this callback on to Node's HTTP client, which sends nothing before it is called.
  const createConnection = (
    options: ClientRequestArgs,
    done: (error: Error | null, socket?: TLSSocket) => void,
  ): undefined => {
    const host = options.host ?? "";
    const socket = connect({
      host,
      port: Number(options.port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: "TLSv1.2",
      rejectUnauthorized: pin === null,
      ...(trust.cert === undefined ? {} : { cert: trust.cert }),
      ...(trust.key === undefined ? {} : { key: trust.key }),
    });
    const fail = (error: Error) => {
      socket.destroy();
      done(error);
    };
    socket.setTimeout(handshakeTimeoutMs, () => fail(new Error("no TLS handshake in time")));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      const shown = createHash("sha256").update(socket.getPeerCertificate().raw).digest("hex");
      if (pin !== null && shown !== pin) return fail(mismatch(url, shown));
      socket.off("error", fail);
      done(null, socket);
    });
  };
  return new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload,
    createConnection: createConnection as unknown as NonNullable<ClientRequestArgs["createConnection"]>,
  });
}

function mismatch(url: string, shown: string): UserError {
  return new UserError(
    "TLS_FINGERPRINT_MISMATCH",
    `${displayUrl(url)} shows a certificate with another fingerprint than the one pinned: sha256 ${shown}`,
    {
      hint: "only if the certificate was renewed on purpose: openclaw config set gateway.remote.tlsFingerprint <fingerprint>",
    },
  );
}

/**
 * A SHA-256 fingerprint as people have it: hex in any case, with or without colons and the label openssl prints.
 * @throws UserError TLS_FINGERPRINT_INVALID
 */
export function parseFingerprint(text: string): string {
  const hex = text
    .trim()
    .replace(/^sha-?256(?: fingerprint)?\s*[:=]\s*/i, "")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new UserError(
    "TLS_FINGERPRINT_INVALID",
    `${JSON.stringify(text.slice(0, 120))} is not a SHA-256 fingerprint of 64 hex digits`,
    { hint: "openssl x509 -in cert.pem -noout -fingerprint -sha256" },
  );
}
