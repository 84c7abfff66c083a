import { computed, signal } from "@preact/signals";
import { connectGateway, type GatewayClient } from "../../../src/client/index.ts";
import { OpenClawError, messageOf } from "../../../src/core/errors.ts";
import { Secret } from "../../../src/core/secret.ts";
import { loadDevice, type BrowserDevice } from "./device.ts";
import { keepSecret, takeLogin, takeSecret } from "./secret.ts";

/** What the gateway said no to, in its own words. */
export interface Refusal {
  code: string;
  message: string;
  /** The command or step that lets this browser in. */
  hint: string | null;
  details: Record<string, unknown>;
  /** Whether this page has a device identity: without one the reason is often just that. */
  hasDevice: boolean;
  /** What was refused was a one-time link or code. */
  wasOneTime: boolean;
  /** Nothing was shown: nobody made a mistake yet. */
  gaveNothing: boolean;
}

export type Link =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "offline"; why: string }
  | { state: "refused"; refusal: Refusal };

export interface Hello {
  server: { version: string; connId: string };
  features: { methods: string[]; events: string[] };
  snapshot: {
    presence: unknown[];
    health: Record<string, unknown>;
    uptimeMs: number;
    sessionDefaults?: { defaultAgentId: string; mainKey: string; mainSessionKey: string };
  };
  auth?: { role: string; scopes: string[] };
}

type EventListener = (payload: unknown) => void;

const firstRetryMs = 800;
const longestRetryMs = 15_000;
const probeMs = 3000;
const clientId = "openclaw-control-ui";

/** How this page and its gateway stand. */
export const link = signal<Link>({ state: "connecting" });
/** What the gateway said when it let us in last; stays while the connection is away, so that pages stay readable. */
export const hello = signal<Hello | null>(null);
/** Counts connections: whatever was loaded before the newest may have missed something. */
export const generation = signal(0);
export const connected = computed(() => link.value.state === "connected");

const listeners = new Map<string, Set<EventListener>>();
let client: GatewayClient | null = null;
let device: BrowserDevice | null = null;
let secret = "";
/** A one-time login: used for one connection, which gives this browser a token of its own. */
let oneTime = "";
let retryMs = firstRetryMs;
let retryTimer = 0;

/** Connects, and goes on doing so. Call once. */
export async function startConnection(): Promise<void> {
  oneTime = takeLogin();
  secret = takeSecret();
  device = await loadDevice();
  // A laptop that wakes up, or a network that is back, need not wait for the next try or the next silence.
  addEventListener("online", wake);
  addEventListener("focus", wake);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wake();
  });
  await connect();
}

/** Tries again with what the person entered: a six-digit code is for this once, anything else stays in the tab. */
export function connectWith(entered: string): Promise<void> {
  if (/^\d{3}[ -]?\d{3}$/.test(entered)) {
    oneTime = entered.replaceAll(/\D/g, "");
    return connect();
  }
  secret = entered;
  keepSecret(entered);
  return connect();
}

export function retryNow(): void {
  if (link.value.state !== "offline") return;
  clearTimeout(retryTimer);
  void connect();
}

function wake(): void {
  if (link.value.state === "offline") {
    // Somebody is back: should this try fail too, the next ones come soon again.
    retryMs = firstRetryMs;
    retryNow();
  } else if (link.value.state === "connected") void probe();
}

/** A socket that slept may be dead without knowing: who does not answer a small question soon is connected anew. */
async function probe(): Promise<void> {
  const asked = client;
  if (!asked) return;
  try {
    await asked.call("last-heartbeat", {}, { timeoutMs: probeMs });
  } catch (error) {
    // Any other answer is one.
    if (client !== asked || !(error instanceof OpenClawError) || error.code !== "TIMEOUT") return;
    client = null;
    asked.close();
    offline("no answer");
    retryNow();
  }
}

/** @throws OpenClawError of the gateway, or CONNECTION_CLOSED while there is no connection. */
export async function call<T>(
  method: string,
  params: Record<string, unknown> = {},
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  if (!client) throw new OpenClawError("CONNECTION_CLOSED", "not connected to the gateway");
  return (await client.call(method, params, options)) as T;
}

/** Listens to one kind of event, over all connections. Returns the function that stops. */
export function onEvent(event: string, listener: EventListener): () => void {
  const set = listeners.get(event) ?? new Set();
  listeners.set(event, set.add(listener));
  return () => void set.delete(listener);
}

async function connect(): Promise<void> {
  clearTimeout(retryTimer);
  link.value = { state: "connecting" };
  const once = oneTime;
  oneTime = "";
  const shown = once === "" ? secret : once;
  try {
    const opened = await connectGateway({
      url: gatewayUrl(),
      // The page cannot know which of the two the gateway wants; it looks at the one its mode names.
      ...(shown === "" ? {} : { auth: { token: new Secret(shown), password: new Secret(shown) } }),
      client: {
        id: clientId,
        mode: "webchat",
        version: "1",
        platform: navigator.platform || "web",
      },
      caps: ["tool-events", "tool-output", "thinking-events"],
      watchTicks: true,
      ...(device ? { device: device.identity, deviceTokens: device.tokens } : {}),
      openSocket: (url) => new WebSocket(url),
    });
    client = opened;
    opened.onEvent(({ event, payload }) => {
      for (const listener of listeners.get(event) ?? []) listener(payload);
    });
    opened.onClose((code, reason) => {
      if (client !== opened) return;
      client = null;
      if (code === 1008) refuse(new OpenClawError("REFUSED", reason || "the gateway ended this session"));
      else offline(code === 1012 ? "restarting" : reason || "closed");
    });
    retryMs = firstRetryMs;
    hello.value = opened.hello as unknown as Hello;
    generation.value += 1;
    link.value = { state: "connected" };
  } catch (error) {
    const code = error instanceof OpenClawError ? error.code : "";
    if (code === "GATEWAY_UNREACHABLE" || code === "TIMEOUT" || code === "UNAVAILABLE") {
      // It was not shown to anybody yet: the next try may.
      oneTime = once;
      offline(messageOf(error));
    } else refuse(error, { wasOneTime: once !== "", gaveNothing: shown === "" });
  }
}

function offline(why: string): void {
  link.value = { state: "offline", why };
  retryTimer = setTimeout(() => void connect(), retryMs) as unknown as number;
  // Spread, so that a room of browsers does not come back at once.
  retryMs = Math.min(retryMs * 1.7, longestRetryMs) * (0.85 + Math.random() * 0.3);
}

function refuse(
  error: unknown,
  { wasOneTime, gaveNothing } = { wasOneTime: false, gaveNothing: false },
): void {
  const known = error instanceof OpenClawError ? error : null;
  link.value = {
    state: "refused",
    refusal: {
      code: known?.code ?? "UNKNOWN",
      message: messageOf(error),
      hint: known?.hint ?? null,
      details: known?.details ?? {},
      hasDevice: device !== null,
      wasOneTime,
      gaveNothing,
    },
  };
}

/** The address this page came from, and no other: a link can never point the page at another gateway. */
function gatewayUrl(): string {
  const url = new URL(".", location.href);
  url.search = "";
  url.hash = "";
  return url.href;
}
