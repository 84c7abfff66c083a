import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { codeOf, messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import { failed, ok, within, type Hop, type Trouble, type Walk } from "./hops.ts";
import { clientCertificate, otherScheme, speaksTls } from "./reach.ts";

/** Bytes of an answer that are looked at. */
const maxBody = 65_536;

export interface Answer {
  status: number;
  type: string;
  location: string;
  server: string;
  body: string;
}

/** Whether a gateway's `/health` answers at the address. */
export async function httpStep(walk: Walk): Promise<Hop[]> {
  const { pathname } = walk.url;
  const prefix = pathname.replace(/\/+$/, "");
  // Behind a proxy the gateway may live below a path; by itself it answers at the root whatever path the socket has.
  const paths = prefix === "" ? ["/health"] : [`${prefix}/health`, "/health"];
  let first: Hop | null = null;
  for (const path of paths) {
    const hop = await ask(walk, path);
    if (hop.state === "ok" || hop.hop !== "http") return [hop];
    first ??= hop;
  }
  return [first ?? ok("http", "")];
}

async function ask(walk: Walk, path: string): Promise<Hop> {
  let answer: Answer | null;
  try {
    answer = await within(walk, fetchPath(walk, path), () => null);
  } catch (error) {
    return noAnswer(walk, error);
  }
  if (answer === null) {
    return failed("http", {
      code: "HTTP_TIMEOUT",
      message: `${walk.url.host} takes the connection but does not answer ${path} within ${walk.timeoutMs} ms`,
      hint: "the gateway hangs, or it is not one: on its machine, openclaw gateway status",
    });
  }
  if (isHealth(answer)) return ok("http", `${path} answers`);
  return describe(walk, path, answer);
}

function fetchPath({ host, port, secure, trust, url }: Walk, path: string): Promise<Answer> {
  const options: RequestOptions & { rejectUnauthorized?: boolean; servername?: string } = {
    host,
    port,
    path,
    method: "GET",
    agent: false,
    headers: { host: url.host, accept: "application/json" },
    // The certificate was judged a hop before, and nothing secret is sent here.
    ...(secure ? { rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) } : {}),
    ...(trust?.cert === undefined ? {} : { cert: trust.cert }),
    ...(trust?.key === undefined ? {} : { key: trust.key }),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? requestHttps : requestHttp)(options, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    request.once("error", reject);
    request.end();
  });
}

/** Status, a few headers and the beginning of the body. */
export function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { headers, statusCode = 0 } = response;
    let body = "";
    const done = () => {
      resolve({
        status: statusCode,
        type: headers["content-type"] ?? "",
        location: headers.location ?? "",
        server: String(headers.server ?? ""),
        body,
      });
      response.destroy();
    };
    response.setEncoding("utf8");
    response.on("data", (part: string) => {
      body += part;
      if (body.length > maxBody) done();
    });
    response.once("end", done);
    response.once("error", reject);
  });
}

async function noAnswer(walk: Walk, error: unknown): Promise<Hop> {
  const code = codeOf(error) ?? "";
  if (walk.secure && /CERTIFICATE/.test(code)) return failed("tls", clientCertificate(walk));
  if (!walk.secure && (await speaksTls(walk))) return failed("tls", tlsPort(walk));
  if (code.startsWith("HPE_")) {
    return failed("http", {
      code: "HTTP_NOT_HTTP",
      message: `what listens at ${walk.url.host} does not speak HTTP`,
      hint: `it is another program; the gateway's port is shown by: openclaw config get gateway.port`,
    });
  }
  return failed("http", {
    code: "HTTP_CLOSED",
    message: `${walk.url.host} closed the connection without an answer (${code || messageOf(error)})`,
    hint: "it is another program, or the gateway is just stopping: openclaw gateway status",
  });
}

function tlsPort(walk: Walk): Trouble {
  return {
    code: "TLS_NEEDED",
    message: `${walk.url.host} speaks TLS, the address does not`,
    hint: `use wss: — openclaw connect-test ${otherScheme(walk)}`,
  };
}

function isHealth({ status, body }: Answer): boolean {
  if (status !== 200) return false;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) && value["ok"] === true && typeof value["status"] === "string";
  } catch {
    return false; // A page or another text.
  }
}

/** @param address where to go instead, as a gateway's address */
export function redirected(what: string, location: string, address: string): Trouble {
  return {
    code: "HTTP_REDIRECT",
    message: `${what} is sent on to ${location.slice(0, 120)}`,
    hint: `WebSockets do not follow; use the address itself: openclaw connect-test ${address}`,
  };
}

function describe(walk: Walk, path: string, answer: Answer): Hop {
  const { status, type, location, body } = answer;
  const by = answer.server ? ` (server ${JSON.stringify(answer.server.slice(0, 60))})` : "";
  if (status === 400 && /plain HTTP request was sent to HTTPS port/i.test(body))
    return failed("tls", tlsPort(walk));
  const trouble = (code: string, message: string, hint: string) =>
    failed("http", { code, message: message + by, hint });
  if (status >= 300 && status < 400) {
    const target = URL.canParse(location) ? new URL(location) : null;
    const address = target
      ? `${target.protocol === "https:" ? "wss" : "ws"}://${target.host}`
      : location.slice(0, 120);
    const { code, message, hint } = redirected(path, location, address);
    return trouble(code, message, hint);
  }
  if (status === 502 || status === 503 || status === 504) {
    return trouble(
      "HTTP_BAD_GATEWAY",
      `a proxy answers ${status}: it does not reach the gateway behind it`,
      "on that machine: openclaw gateway status, and compare the proxy's upstream address with it",
    );
  }
  if (status === 401 || status === 403 || status === 407) {
    return trouble(
      "HTTP_LOGIN_WALL",
      `${path} answers ${status}, so something before the gateway asks for a login`,
      "let the gateway's address pass that login: the gateway has its own, and clients cannot answer two",
    );
  }
  if (/html/i.test(type) || /^\s*<(?:!doctype|html)/i.test(body)) {
    return trouble(
      "HTTP_PAGE",
      `${path} answers ${status} with a web page: this is not a gateway, or a proxy sends ${path} elsewhere`,
      "check host, port and path: on the gateway's machine, openclaw gateway status",
    );
  }
  return trouble(
    "HTTP_OTHER_SERVER",
    `${path} answers ${status} and not as a gateway does: another program has this port`,
    "the gateway's port is shown on its machine by: openclaw gateway status",
  );
}
