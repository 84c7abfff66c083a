import { createHash } from "node:crypto";
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { parseFingerprint } from "../../../client/pinned-socket.ts";
import { codeOf, messageOf } from "../../../core/errors.ts";
import { failed, ok, skipped, within, type Hop, type Trouble, type Walk } from "./hops.ts";

/** Whether the name leads to an address. */
export async function dnsStep(walk: Walk): Promise<Hop[]> {
  const { host } = walk;
  if (isIP(host) !== 0) return [skipped("dns", `${host} is an address`)];
  const hint = `check the spelling, and the name server: getent hosts ${host}`;
  const late = failed("dns", {
    code: "DNS_TIMEOUT",
    message: `the name ${JSON.stringify(host)} was not looked up within ${walk.timeoutMs} ms`,
    hint,
  });
  try {
    const look = lookup(host, { all: true }).then((found) =>
      ok("dns", found.map(({ address }) => address).join(", ")),
    );
    return [await within(walk, look, () => late)];
  } catch (error) {
    const message = `the name ${JSON.stringify(host)} has no address (${codeOf(error) ?? messageOf(error)})`;
    return [failed("dns", { code: "DNS_FAILED", message, hint })];
  }
}

/** Whether somebody listens. */
export async function tcpStep(walk: Walk): Promise<Hop[]> {
  const { host, port } = walk;
  const socket = connectTcp({ host, port });
  const started = walk.clock.monotonic();
  try {
    return [
      await within(walk, opened(socket, "connect"), () => undefined).then(() =>
        socket.connecting
          ? failed("tcp", {
              code: "TCP_TIMEOUT",
              message: `nothing answers at ${host} port ${port} within ${walk.timeoutMs} ms`,
              hint: "a firewall between here and there drops the packets, or the machine is off; from elsewhere a loopback gateway is reached with: ssh -N -L 18789:127.0.0.1:18789 user@host",
            })
          : ok("tcp", `connected in ${Math.round(walk.clock.monotonic() - started)} ms`),
      ),
    ];
  } catch (error) {
    return [failed("tcp", tcpTrouble(walk, error))];
  } finally {
    socket.destroy();
  }
}

function tcpTrouble({ host, port }: Walk, error: unknown): Trouble {
  const code = codeOf(error) ?? "";
  if (code === "ECONNREFUSED") {
    return {
      code: "TCP_REFUSED",
      message: `nothing listens at ${host} port ${port}`,
      hint: "on that machine: openclaw gateway status (starts with: openclaw gateway; a gateway with bind loopback is not reached from other machines)",
    };
  }
  return {
    code: "TCP_FAILED",
    message: `no connection to ${host} port ${port}: ${code || messageOf(error)}`,
    hint: `check the address and the way there: ping ${host}`,
  };
}

/** Whether it speaks TLS and shows a certificate to be trusted. */
export async function tlsStep(walk: Walk): Promise<Hop[]> {
  if (!walk.secure) return [skipped("tls", "not encrypted (ws:)")];
  let pin: string | null;
  try {
    pin = walk.trust?.fingerprint === undefined ? null : parseFingerprint(walk.trust.fingerprint);
  } catch (error) {
    return [
      failed("tls", {
        code: "TLS_FINGERPRINT_INVALID",
        message: messageOf(error),
        hint: "openclaw config set gateway.remote.tlsFingerprint <fingerprint>",
      }),
    ];
  }
  const socket = openTls(walk);
  try {
    await within(walk, opened(socket, "secureConnect"), () => undefined);
    if (socket.getProtocol() === null || shownBy(socket) === null) {
      return [
        failed("tls", {
          code: "TLS_TIMEOUT",
          message: `${walk.url.host} takes the connection but does not answer the TLS handshake`,
          hint: `if it has no TLS, use ws: — openclaw connect-test ${otherScheme(walk)}`,
        }),
      ];
    }
    return [judgeCertificate(walk, socket, pin)];
  } catch (error) {
    return [failed("tls", tlsTrouble(walk, error))];
  } finally {
    socket.destroy();
  }
}

/** Whether a port that does not speak plain HTTP speaks TLS instead. */
export async function speaksTls(walk: Walk): Promise<boolean> {
  const socket = openTls(walk);
  try {
    return await within(
      walk,
      opened(socket, "secureConnect").then(() => true),
      () => false,
    );
  } catch {
    return false; // Neither: whatever it is, it is no gateway.
  } finally {
    socket.destroy();
  }
}

/** The same address with the other of `ws:` and `wss:`. */
export function otherScheme({ url, secure }: Walk): string {
  const path = url.pathname === "/" ? "" : url.pathname;
  return `${secure ? "ws" : "wss"}://${url.host}${path}`;
}

/** Trust is judged by us afterwards, so that what is wrong can be named. Nothing is sent over this socket. */
function openTls({ host, port, trust }: Walk): TLSSocket {
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: "TLSv1.2",
    rejectUnauthorized: false,
    ...(trust?.cert === undefined ? {} : { cert: trust.cert }),
    ...(trust?.key === undefined ? {} : { key: trust.key }),
  });
}

function opened(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection")));
  });
}

/** SHA-256 of the certificate that was shown; null before the handshake is done. */
function shownBy(socket: TLSSocket): string | null {
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer };
  return raw === undefined ? null : createHash("sha256").update(raw).digest("hex");
}

function judgeCertificate(walk: Walk, socket: TLSSocket, pin: string | null): Hop {
  const certificate = socket.getPeerCertificate();
  const shown = shownBy(socket) ?? "";
  const version = socket.getProtocol() ?? "TLS";
  if (pin !== null) {
    if (shown === pin) return ok("tls", `${version}, the pinned certificate`);
    return failed("tls", {
      code: "TLS_FINGERPRINT_MISMATCH",
      message: `the certificate has the fingerprint ${shown}, pinned is ${pin}`,
      hint: `only if it was renewed on purpose: openclaw config set gateway.remote.tlsFingerprint ${shown}`,
    });
  }
  if (socket.authorized) return ok("tls", `${version}, trusted, valid until ${certificate.valid_to ?? "?"}`);
  const why = reasonOf(socket.authorizationError);
  const pinIt = `openclaw config set gateway.remote.tlsFingerprint ${shown}`;
  if (why === "CERT_HAS_EXPIRED") {
    return failed("tls", {
      code: "TLS_EXPIRED",
      message: `the certificate expired on ${certificate.valid_to ?? "an unknown day"}`,
      hint: "renew it on the gateway's machine (gateway.tls.cert, or the proxy's certificate) and restart what serves it",
    });
  }
  if (why === "CERT_NOT_YET_VALID") {
    return failed("tls", {
      code: "TLS_NOT_YET_VALID",
      message: `the certificate is valid from ${certificate.valid_from ?? "a later day"} on`,
      hint: "check the clocks of both machines: date",
    });
  }
  if (why === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return failed("tls", {
      code: "TLS_WRONG_NAME",
      message: `the certificate is for ${certificate.subjectaltname ?? certificate.subject?.CN ?? "another name"}, not for ${walk.host}`,
      hint: `use the name it is for, or pin it: ${pinIt}`,
    });
  }
  return failed("tls", {
    code: "TLS_UNTRUSTED",
    message: `no authority of this machine vouches for the certificate (${why})`,
    hint: `after comparing sha256 ${shown} with the gateway's own, pin it: ${pinIt}`,
  });
}

/** Typed as an Error, in truth its code. */
function reasonOf(error: unknown): string {
  return typeof error === "string" ? error : (codeOf(error) ?? messageOf(error));
}

function tlsTrouble(walk: Walk, error: unknown): Trouble {
  const code = codeOf(error) ?? "";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return {
      code: "TLS_PLAIN_PORT",
      message: `${walk.url.host} answers without TLS`,
      hint: `use ws: — openclaw connect-test ${otherScheme(walk)}`,
    };
  }
  if (/ALERT|CERTIFICATE_REQUIRED/.test(code) && /CERTIFICATE/.test(code)) return clientCertificate(walk);
  return {
    code: "TLS_FAILED",
    message: `the TLS handshake with ${walk.url.host} failed: ${code || messageOf(error)}`,
    hint: `openssl s_client -connect ${walk.url.host}`,
  };
}

/** What it means when the other side ends an encrypted connection for want of a certificate of ours. */
export function clientCertificate({ url }: Walk): Trouble {
  return {
    code: "TLS_CLIENT_CERTIFICATE",
    message: `${url.host} wants a client certificate`,
    hint: "on the gateway's machine, to do without: openclaw config unset gateway.tls.ca",
  };
}
