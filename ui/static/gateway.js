// One connection to the gateway this page came from: handshake, calls, events, reconnecting.

import { loadDevice, signDevice } from "./device.js";

const clientId = "openclaw-control-ui";
const mode = "webchat";
const role = "operator";
const scopes = ["operator.admin", "operator.approvals", "operator.pairing"];
const firstRetryMs = 800;
const longestRetryMs = 15_000;

/** An answer that says no. */
export class GatewayError extends Error {
  constructor({ code, message, details }) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * @param {{secret: () => string, onState: (state: string, detail?: string) => void,
 *   onHello: (hello: object) => void, onEvent: (event: string, payload: any) => void}} options
 */
export function createGateway({ secret, onState, onHello, onEvent }) {
  let socket = null;
  let retryMs = firstRetryMs;
  let retryTimer = 0;
  let stopped = false;
  let refused = false;
  const waiting = new Map();

  function address() {
    const url = new URL(".", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    return url.href;
  }

  function open() {
    clearTimeout(retryTimer);
    stopped = false;
    refused = false;
    onState("connecting");
    const current = new WebSocket(address());
    socket = current;
    current.addEventListener("message", ({ data }) => void receive(current, data));
    current.addEventListener("close", ({ code, reason }) => closed(current, code, reason));
  }

  function closed(current, code, reason) {
    if (socket !== current) return;
    socket = null;
    for (const { reject } of waiting.values()) {
      reject(new GatewayError({ code: "CONNECTION_CLOSED", message: "the connection was closed" }));
    }
    waiting.clear();
    if (stopped || refused) return;
    onState("offline", code === 1012 ? "the gateway is restarting" : reason || "the gateway does not answer");
    retryTimer = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 1.7, longestRetryMs);
  }

  async function receive(current, data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame.type === "event" && frame.event === "connect.challenge")
      await login(current, frame.payload.nonce);
    else if (frame.type === "event") onEvent(frame.event, frame.payload);
    else if (frame.type === "res") {
      const call = waiting.get(frame.id);
      waiting.delete(frame.id);
      if (frame.ok) call?.resolve(frame.payload);
      else call?.reject(new GatewayError(frame.error));
    }
  }

  async function login(current, nonce) {
    const value = secret();
    try {
      const device = await loadDevice();
      const identity = { clientId, mode, role, scopes, token: value, nonce };
      const hello = await call("connect", {
        minProtocol: 3,
        maxProtocol: 4,
        client: { id: clientId, mode, version: "1", platform: navigator.platform || "web" },
        role,
        scopes,
        caps: ["tool-events"],
        locale: navigator.language,
        userAgent: navigator.userAgent.slice(0, 200),
        // The page cannot know which of the two the gateway wants; it looks at the one its mode names.
        auth: { token: value, password: value },
        ...(device ? { device: await signDevice(device, identity) } : {}),
      });
      retryMs = firstRetryMs;
      onState("connected");
      onHello(hello);
    } catch (error) {
      if (socket !== current || error.code === "CONNECTION_CLOSED") return;
      refused = true;
      onState("refused", error.message);
      current.close();
    }
  }

  function call(method, params = {}) {
    return new Promise((resolve, reject) => {
      if (!socket || socket.readyState !== WebSocket.OPEN) {
        reject(new GatewayError({ code: "CONNECTION_CLOSED", message: "not connected" }));
        return;
      }
      const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  return {
    open,
    call,
    close() {
      stopped = true;
      clearTimeout(retryTimer);
      socket?.close();
    },
  };
}
