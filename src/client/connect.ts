import { systemClock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { deviceProofText, maxProtocol, minProtocol } from "../protocol/index.ts";
import type { GatewayClient } from "./contract.ts";
import { errorOfFrame, unreachable } from "./failures.ts";
import type { ConnectOptions, TlsTrust, WebSocketLike } from "./options.ts";
import { openSession } from "./session.ts";
import { displayUrl, socketUrl } from "./url.ts";

/** Official clients wait this long for `connect.challenge` before they connect without a nonce (protocol.md 2). */
const challengeWaitMs = 750;

/**
 * Connects and completes the handshake. A stored device token is tried first; when the gateway refuses it, it is
 * erased and the shared secret tried once.
 * @throws UserError GATEWAY_UNREACHABLE, TLS_FINGERPRINT_MISMATCH, AUTH_FAILED, NOT_PAIRED (details.requestId), PROTOCOL_MISMATCH, TIMEOUT.
 */
export async function connectGateway(options: ConnectOptions): Promise<GatewayClient> {
  const role = options.role ?? "operator";
  const shownUrl = displayUrl(socketUrl(options.url));
  const stored =
    options.device === undefined ? null : (options.deviceTokens?.load({ role, url: shownUrl }) ?? null);
  if (stored !== null) {
    try {
      return await attempt(options, stored);
    } catch (error) {
      const refused =
        error instanceof OpenClawError &&
        (error.code === "AUTH_FAILED" || /unauthorized/i.test(error.message)) &&
        error.details?.["reason"] !== "rate limited";
      if (!refused) throw error;
      options.deviceTokens?.erase({ role });
      if (options.auth?.token === undefined && options.auth?.password === undefined) throw error;
    }
  }
  return attempt(options, null);
}

async function attempt(options: ConnectOptions, deviceToken: string | null): Promise<GatewayClient> {
  const { timeoutMs = 10_000, clock = systemClock } = options;
  const url = socketUrl(options.url);
  const shownUrl = displayUrl(url);
  options.signal?.throwIfAborted();
  const open =
    options.tls === undefined && options.openSocket !== undefined
      ? options.openSocket
      : await defaultOpener(url, options.tls);
  let socket: WebSocketLike;
  try {
    socket = open(url);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unreachable(shownUrl, cause);
  }
  return new Promise<GatewayClient>((resolve, reject) => {
    // Ids are this connection's own; those of calls count from 1.
    const requestId = "0";
    let state: "opening" | "connecting" | "ended" = "opening";
    let lastError: unknown = null;

    const end = (settle: () => void) => {
      if (state === "ended") return;
      state = "ended";
      cancelTimeout();
      cancelChallengeWait();
      options.signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const giveUp = (error: unknown) => {
      end(() => reject(error instanceof Error ? error : new Error(String(error))));
      socket.close(1000, "");
    };
    const onAbort = () => giveUp(options.signal?.reason);
    const cancelTimeout = clock.after(timeoutMs, () =>
      giveUp(
        new UserError("TIMEOUT", `the gateway at ${shownUrl} did not answer within ${timeoutMs} ms`, {
          hint: "openclaw gateway status",
          retryable: true,
        }),
      ),
    );
    let cancelChallengeWait = () => {};
    options.signal?.addEventListener("abort", onAbort, { once: true });

    const sendConnect = async (nonce: string | undefined) => {
      if (state !== "opening") return;
      state = "connecting";
      cancelChallengeWait();
      const params = await connectParams(options, { deviceToken, nonce, now: clock.now() });
      socket.send(JSON.stringify({ type: "req", id: requestId, method: "connect", params }));
    };

    socket.addEventListener("open", () => {
      // Without a device nothing depends on the nonce: not waiting for it saves a round trip.
      if (options.device === undefined) sendConnect(undefined).catch(giveUp);
      else
        cancelChallengeWait = clock.after(challengeWaitMs, () => void sendConnect(undefined).catch(giveUp));
    });
    socket.addEventListener("error", (event) => {
      lastError = event;
    });
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as { code?: number; reason?: string };
      end(() => reject(unreachable(shownUrl, lastError, { code, reason })));
    });
    socket.addEventListener("message", (event) => {
      if (state === "ended") return;
      const frame = parseFrame((event as { data?: unknown }).data);
      if (frame === null) return;
      if (frame["type"] === "event" && frame["event"] === "connect.challenge") {
        const payload = frame["payload"];
        const nonce =
          isObject(payload) && typeof payload["nonce"] === "string" ? payload["nonce"] : undefined;
        sendConnect(nonce).catch(giveUp);
        return;
      }
      if (frame["type"] !== "res" || frame["id"] !== requestId) return;
      if (frame["ok"] !== true) return giveUp(errorOfFrame(frame["error"], shownUrl));
      const hello = isObject(frame["payload"]) ? frame["payload"] : {};
      keepDeviceToken(options, hello, shownUrl);
      end(() =>
        resolve(
          openSession({
            socket,
            hello,
            url: shownUrl,
            timeoutMs,
            clock,
            watchTicks: options.watchTicks ?? false,
          }),
        ),
      );
    });
  });
}

async function defaultOpener(
  address: string,
  trust: TlsTrust | undefined,
): Promise<(url: string) => WebSocketLike> {
  const isNode =
    (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;
  if (isNode) return (await import("./node-socket.ts")).nodeOpener(address, trust);
  if (trust !== undefined)
    throw new UserError(
      "TLS_FINGERPRINT_UNUSABLE",
      "a browser cannot check the fingerprint of a certificate",
    );
  return (url) => new WebSocket(url);
}

async function connectParams(
  options: ConnectOptions,
  context: { deviceToken: string | null; nonce: string | undefined; now: number },
): Promise<Record<string, unknown>> {
  const { client, device, role = "operator" } = options;
  const scopes = [
    ...(options.scopes ??
      (role === "node" ? [] : ["operator.admin", "operator.approvals", "operator.pairing"])),
  ];
  const token = context.deviceToken ?? options.auth?.token?.reveal();
  const password = context.deviceToken === null ? options.auth?.password?.reveal() : undefined;
  const params: Record<string, unknown> = {
    minProtocol,
    maxProtocol,
    client,
    role,
    scopes,
    caps: [...(options.caps ?? [])],
  };
  if (options.commands) params["commands"] = [...options.commands];
  if (options.pathEnv !== undefined) params["pathEnv"] = options.pathEnv;
  if (token !== undefined || password !== undefined) params["auth"] = { token, password };
  if (device) {
    const text = deviceProofText({
      deviceId: device.id,
      clientId: client.id,
      clientMode: client.mode,
      role,
      scopes,
      signedAt: context.now,
      token: token ?? "",
      ...(context.nonce === undefined ? {} : { nonce: context.nonce }),
    });
    params["device"] = {
      id: device.id,
      publicKey: device.publicKey,
      signature: await device.sign(text),
      signedAt: context.now,
      nonce: context.nonce,
    };
  }
  return params;
}

function keepDeviceToken(options: ConnectOptions, hello: Record<string, unknown>, url: string): void {
  const auth = hello["auth"];
  if (!isObject(auth) || typeof auth["deviceToken"] !== "string") return;
  const scopes = Array.isArray(auth["scopes"]) ? auth["scopes"].map(String) : [];
  options.deviceTokens?.save({ role: options.role ?? "operator", token: auth["deviceToken"], scopes, url });
}

function parseFrame(data: unknown): Record<string, unknown> | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : null;
  } catch {
    // A frame that is not JSON is no frame: the timeout tells when nothing else comes.
    return null;
  }
}
