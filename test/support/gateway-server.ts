import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { silentLogger, type Logger } from "../../src/core/logger.ts";
import { Secret } from "../../src/core/secret.ts";
import {
  createGatewayServer,
  type GatewayServer,
  type ServerParts,
  type ServerHandle,
  type ServerSettings,
  type StaticManifest,
} from "../../src/gateway/index.ts";
import { deviceProofText } from "../../src/protocol/index.ts";

export const testToken = "4f".repeat(32);

/** A real server on a free port of loopback with its state in a temporary folder. */
export interface TestServer extends AsyncDisposable {
  server: GatewayServer;
  /** Changed in place by tests, as a reload would. */
  settings: ServerSettings;
  url: string;
  http: string;
  stateDir: string;
  /** What was told to the main session. */
  reported: string[];
}

export async function startTestServer(
  options: {
    settings?: Partial<ServerSettings>;
    parts?: (server: ServerHandle) => Partial<ServerParts>;
    clock?: Clock;
    logger?: Logger;
    stateDir?: string;
    ui?: StaticManifest;
    whois?: (ip: string) => Promise<string | null>;
  } = {},
): Promise<TestServer> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "openclaw-server-"));
  const settings: ServerSettings = {
    bind: "loopback",
    port: 0,
    auth: { mode: "token", token: new Secret(testToken), password: null },
    tls: null,
    trustedProxies: [],
    allowedOrigins: [],
    allowedHosts: [],
    controlUi: {
      enabled: true,
      basePath: "",
      allowInsecureAuth: false,
      dangerouslyDisableDeviceAuth: false,
    },
    nodes: { allowCommands: [], denyCommands: [] },
    ...options.settings,
  };
  const reported: string[] = [];
  const server = createGatewayServer({
    systemEvents: { push: ({ text }) => Promise.resolve(void reported.push(text)) },
    version: "2026.11.21-test",
    startedAt: Date.now(),
    paths: {
      configPath: join(stateDir, "openclaw.json"),
      stateDir,
      devicesDir: join(stateDir, "devices"),
      nodesDir: join(stateDir, "nodes"),
    },
    settings: () => settings,
    parts: (handle) => ({ methods: [], routes: [], ...options.parts?.(handle) }),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    ...(options.ui === undefined ? {} : { ui: options.ui }),
    ...(options.whois === undefined ? {} : { whois: options.whois }),
  });
  const { port } = await server.listen();
  return {
    server,
    settings,
    stateDir,
    reported,
    url: `ws://127.0.0.1:${port}`,
    http: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server.close({ reason: "gateway stopping", restartExpectedMs: null, budgetMs: 500 });
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

export type Frame = Record<string, unknown> & { payload?: unknown; error?: Record<string, unknown> };

/** A bare socket: sends what it is told and keeps every frame it sees. */
export interface RawClient {
  socket: WebSocket;
  frames: Frame[];
  send(value: unknown): void;
  /** The next frame that has not been taken and that fits. */
  next(fits?: (frame: Frame) => boolean): Promise<Frame>;
  closed: Promise<{ code: number; reason: string }>;
  nonce(): Promise<string>;
  request(method: string, params?: unknown, id?: string | number): Promise<Frame>;
}

export async function openRaw(
  url: string,
  options: { headers?: Record<string, string>; origin?: string; ca?: string; localAddress?: string } = {},
): Promise<RawClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const frames: Frame[] = [];
  const unseen: Frame[] = [];
  let wake: Array<() => void> = [];
  socket.on("message", (data) => {
    const frame = JSON.parse((data as Buffer).toString("utf8")) as Frame;
    frames.push(frame);
    unseen.push(frame);
    const waiting = wake;
    wake = [];
    for (const go of waiting) go();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const go of wake) go();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  let lastId = 0;
  const client: RawClient = {
    socket,
    frames,
    closed,
    send: (value) => socket.send(typeof value === "string" ? value : JSON.stringify(value)),
    async next(fits = () => true) {
      for (;;) {
        const index = unseen.findIndex(fits);
        const found = index >= 0 ? unseen.splice(index, 1)[0] : undefined;
        if (found) return found;
        if (socket.readyState === socket.CLOSED)
          throw new Error("the socket closed before such a frame came");
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    async nonce() {
      const challenge = frames[0] ?? (await client.next((frame) => frame["event"] === "connect.challenge"));
      return (challenge.payload as { nonce: string }).nonce;
    },
    request(method, params, id = `r${++lastId}`) {
      client.send({ type: "req", id, method, ...(params === undefined ? {} : { params }) });
      return client.next((frame) => frame["type"] === "res" && frame["id"] === id);
    },
  };
  return client;
}

export interface TestDevice {
  id: string;
  publicKey: string;
  sign(text: string): string;
}

export function testDevice(seed?: Buffer): TestDevice {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const privateKey =
    seed === undefined
      ? generateKeyPairSync("ed25519").privateKey
      : createPrivateKey({ key: Buffer.concat([prefix, seed]), format: "der", type: "pkcs8" });
  const raw = createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(12);
  return {
    id: createHash("sha256").update(raw).digest("hex"),
    publicKey: raw.toString("base64url"),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64url"),
  };
}

/** `connect` parameters as the real CLI sends them (protocol.md 7), signed by the device when one is given. */
export async function cliConnect(
  client: RawClient,
  options: {
    device?: TestDevice;
    token?: string;
    password?: string;
    scopes?: string[];
    role?: string;
    withNonce?: boolean;
    signedAt?: number;
    protocol?: [number, number];
    client?: Record<string, unknown>;
    commands?: string[];
    caps?: string[];
    tamper?: (device: Record<string, unknown>) => void;
  } = {},
): Promise<Record<string, unknown>> {
  const scopes = options.scopes ?? ["operator.admin", "operator.approvals", "operator.pairing"];
  const role = options.role ?? "operator";
  const about = {
    id: "cli",
    version: "dev",
    platform: "linux",
    mode: "cli",
    instanceId: "i-1",
    ...options.client,
  };
  const [minProtocol, maxProtocol] = options.protocol ?? [3, 3];
  const params: Record<string, unknown> = {
    minProtocol,
    maxProtocol,
    client: about,
    caps: options.caps ?? [],
    role,
    scopes,
  };
  if (options.commands) params["commands"] = options.commands;
  if (options.token !== undefined || options.password !== undefined) {
    params["auth"] = { token: options.token, password: options.password };
  }
  if (options.device) {
    const signedAt = options.signedAt ?? Date.now();
    const nonce = options.withNonce === false ? undefined : await client.nonce();
    const text = deviceProofText({
      deviceId: options.device.id,
      clientId: about.id,
      clientMode: about.mode,
      role,
      scopes,
      signedAt,
      token: options.token ?? "",
      ...(nonce === undefined ? {} : { nonce }),
    });
    const device: Record<string, unknown> = {
      id: options.device.id,
      publicKey: options.device.publicKey,
      signature: options.device.sign(text),
      signedAt,
      ...(nonce === undefined ? {} : { nonce }),
    };
    options.tamper?.(device);
    params["device"] = device;
  }
  return params;
}

/** Connects and expects `hello-ok`. */
export async function connectRaw(
  test: TestServer,
  options: Parameters<typeof cliConnect>[1] & { headers?: Record<string, string> } = {},
): Promise<RawClient & { hello: Record<string, unknown> }> {
  const client = await openRaw(test.url, options.headers ? { headers: options.headers } : {});
  const params = await cliConnect(client, { token: testToken, ...options });
  const answer = await client.request("connect", params, "connect");
  if (answer["ok"] !== true) throw new Error(`connect refused: ${JSON.stringify(answer.error)}`);
  return Object.assign(client, { hello: answer.payload as Record<string, unknown> });
}
