import { isIP } from "node:net";
import { WebSocket } from "ws";
import { messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import { maxProtocol, minProtocol } from "../../../protocol/index.ts";
import { failed, ok, within, type Hop, type Trouble, type Walk } from "./hops.ts";
import { readAnswer, redirected, type Answer } from "./http-hop.ts";

const nginx =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

type Opened =
  | { kind: "frame"; frame: Record<string, unknown> }
  | { kind: "refused"; answer: Answer }
  | { kind: "closed"; message: string }
  | { kind: "silent" };

/** Whether the gateway answers to this name, and whether the upgrade to a WebSocket comes through to it. */
export async function upgradeStep(walk: Walk): Promise<Hop[]> {
  const socket = openSocket(walk, null);
  try {
    const got = await within(walk, firstFrame(socket), () => ({ kind: "silent" }) as const);
    if (got.kind === "frame" && got.frame["event"] === "connect.challenge") {
      return [ok("host", `answers to ${walk.url.hostname}`), ok("upgrade", "the gateway's greeting came")];
    }
    return refusedUpgrade(walk, got);
  } finally {
    socket.terminate();
  }
}

/** Whether protocol and page origin suit: asked without a credential, so nothing is counted as a failed login. */
export async function originStep(walk: Walk): Promise<Hop[]> {
  const socket = openSocket(walk, walk.origin);
  try {
    const greeting = await within(walk, firstFrame(socket), () => ({ kind: "silent" }) as const);
    if (greeting.kind !== "frame") return [failed("origin", pageRefused(walk, greeting))];
    const answer = nextFrame(socket);
    socket.send(JSON.stringify(connectFrame(walk.version)));
    const got = await within(walk, answer, () => ({ kind: "silent" }) as const);
    if (got.kind !== "frame") {
      return [
        failed("protocol", {
          code: "PROTOCOL_NO_ANSWER",
          message: `the gateway did not answer the handshake (${got.kind === "closed" ? got.message : "silence"})`,
          hint: "look for the reason in its log: openclaw logs --limit 20",
        }),
      ];
    }
    return judgeAnswer(walk, got.frame);
  } finally {
    socket.terminate();
  }
}

function judgeAnswer(walk: Walk, frame: Record<string, unknown>): Hop[] {
  const error = isObject(frame["error"]) ? frame["error"] : {};
  const message = typeof error["message"] === "string" ? error["message"] : "";
  if (message === "protocol mismatch") {
    const details = isObject(error["details"]) ? error["details"] : {};
    const theirs = typeof details["expectedProtocol"] === "number" ? details["expectedProtocol"] : "another";
    return [
      failed("protocol", {
        code: "PROTOCOL_MISMATCH",
        message: `this program speaks protocol ${minProtocol} to ${maxProtocol}, the gateway ${theirs}`,
        hint: "update the older side: npm install -g openclaw@latest",
      }),
    ];
  }
  const spoken = ok("protocol", `${minProtocol} to ${maxProtocol}`);
  if (/origin not allowed|cross-site request refused/i.test(message)) {
    const allow = `openclaw config set gateway.controlUi.allowedOrigins '["${walk.origin}"]'`;
    return [
      spoken,
      failed("origin", {
        code: "ORIGIN_REFUSED",
        message: `pages of ${walk.origin} may not open a control connection`,
        hint: walk.ownPage
          ? `let the proxy pass the Host header as it came (nginx: proxy_set_header Host $http_host;), or: ${allow}`
          : `on the gateway's machine: ${allow}`,
      }),
    ];
  }
  return [spoken, ok("origin", `pages of ${walk.origin} may connect`)];
}

function pageRefused(walk: Walk, got: Opened) {
  return {
    code: "ORIGIN_BLOCKED",
    message: `connections of pages of ${walk.origin} do not come through (${got.kind === "refused" ? `HTTP ${got.answer.status}` : got.kind})`,
    hint: "something before the gateway looks at the Origin header: allow that origin there",
  };
}

function refusedUpgrade(walk: Walk, got: Opened): Hop[] {
  if (got.kind === "refused") {
    const { status, body, location } = got.answer;
    const host = /host ("?[^"\n]*"?) is not allowed(?:; to allow it: (.*))?/.exec(body);
    if (status === 403 && host) {
      // The name as it arrived: not the one that was asked for when a proxy wrote another one over it.
      const arrived = (host[1] ?? "").replaceAll('"', "");
      if (arrived !== "" && arrived !== walk.url.hostname)
        return [failed("host", renamedHost(walk, arrived))];
      return [
        failed("host", {
          code: "HOST_REFUSED",
          message: `the gateway does not answer to the name ${walk.url.hostname}`,
          hint: `on the gateway's machine: openclaw config set gateway.allowedHosts '["${walk.url.hostname}"]'`,
        }),
      ];
    }
    const known = ok("host", `answers to ${walk.url.hostname}`);
    if (status >= 300 && status < 400 && location !== "") {
      const page = `${walk.secure ? "https" : "http"}://${walk.url.host}${walk.url.pathname}`;
      const target = URL.canParse(location, page) ? new URL(location, page).href : location.slice(0, 120);
      return [known, failed("upgrade", redirected("the WebSocket", location, target.replace(/^http/, "ws")))];
    }
    if (status === 503) {
      return [
        known,
        failed("upgrade", {
          code: "UPGRADE_BUSY",
          message: `the gateway takes no new connection: ${body.trim().slice(0, 120) || "503"}`,
          hint: "wait a few seconds and try again; openclaw gateway status",
        }),
      ];
    }
    return [
      known,
      failed("upgrade", {
        code: "UPGRADE_REFUSED",
        message: `the request for a WebSocket was answered with HTTP ${status}: a proxy does not pass the upgrade on`,
        hint: `let it (nginx: ${nginx})`,
      }),
    ];
  }
  const known = ok("host", `answers to ${walk.url.hostname}`);
  const what =
    got.kind === "frame"
      ? "another WebSocket server answers"
      : got.kind === "silent"
        ? `no greeting came within ${walk.timeoutMs} ms`
        : `the connection ended: ${got.message}`;
  return [
    known,
    failed("upgrade", {
      code: got.kind === "frame" ? "UPGRADE_OTHER_SERVER" : "UPGRADE_CLOSED",
      message: `no gateway at the end of the WebSocket: ${what}`,
      hint:
        got.kind === "frame"
          ? "check host, port and path: on the gateway's machine, openclaw gateway status"
          : `a proxy may cut it (nginx: ${nginx})`,
    }),
  ];
}

function renamedHost(walk: Walk, arrived: string): Trouble {
  return {
    code: "HOST_REFUSED",
    message: `a proxy asks the gateway for the host ${arrived} instead of ${walk.url.hostname}, and it does not answer to that name`,
    hint: "let the proxy pass the Host header as it came (nginx: proxy_set_header Host $http_host;)",
  };
}

function openSocket({ url, host, secure, trust, timeoutMs }: Walk, origin: string | null): WebSocket {
  return new WebSocket(url.href, {
    perMessageDeflate: false,
    handshakeTimeout: timeoutMs,
    maxPayload: 1_048_576,
    ...(origin === null ? {} : { origin }),
    // The certificate was judged a hop before, and nothing secret is sent here.
    ...(secure ? { rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) } : {}),
    ...(trust?.cert === undefined ? {} : { cert: trust.cert }),
    ...(trust?.key === undefined ? {} : { key: trust.key }),
  });
}

function firstFrame(socket: WebSocket): Promise<Opened> {
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      readAnswer(response).then((answer) => resolve({ kind: "refused", answer }), reject);
    });
    nextFrame(socket).then(resolve, reject);
  });
}

function nextFrame(socket: WebSocket): Promise<Opened> {
  return new Promise((resolve) => {
    socket.once("message", (data) =>
      // A whole message arrives as one buffer: nothing asked for fragments.
      resolve({ kind: "frame", frame: parseFrame((data as Buffer).toString("utf8")) }),
    );
    socket.on("error", (error) => resolve({ kind: "closed", message: messageOf(error) }));
    socket.once("close", (code, reason) =>
      resolve({ kind: "closed", message: `${code} ${reason.toString()}`.trim() }),
    );
  });
}

function parseFrame(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // Not a gateway's frame, and judged as such.
  }
}

function connectFrame(version: string): object {
  return {
    type: "req",
    id: "0",
    method: "connect",
    params: {
      minProtocol,
      maxProtocol,
      client: { id: "cli", mode: "probe", version, platform: process.platform },
      role: "operator",
      scopes: [],
      caps: [],
    },
  };
}
