import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import { constantTimeEqual } from "../../guard/index.ts";
import { requestTokens, type OauthSpec, type OauthTokens } from "./oauth.ts";

export interface LoginFlow {
  spec: OauthSpec;
  fetch: typeof fetch;
  clock: Clock;
  signal: AbortSignal;
  /** Shows the address the person must open. */
  show: (url: string) => void;
  /** Asks for the code when the browser cannot come back to this machine by itself. */
  askCode: (signal: AbortSignal) => Promise<string>;
}

const callbackMs = 10 * 60_000;

/**
 * Logs in by OAuth authorisation code with PKCE (RFC 7636): shows an address, waits for the browser to come back to a
 * loopback address (RFC 8252), or asks for the code, and exchanges it.
 * @throws UserError OAUTH_REFUSED, OAUTH_FAILED, PORT_IN_USE
 */
export async function loginWithOauth(flow: LoginFlow): Promise<OauthTokens> {
  const { spec } = flow;
  const verifier = randomBytes(32).toString("base64url");
  // A value of its own: the state travels through the browser, the verifier never does (threats.md 4.15).
  const state = randomBytes(32).toString("base64url");
  const redirect = new URL(spec.redirectUri);
  const loopback = redirect.hostname === "localhost" || redirect.hostname === "127.0.0.1";
  const callback = loopback ? await listen(redirect, state, flow) : null;
  try {
    const redirectUri = callback?.redirectUri ?? spec.redirectUri;
    const url = new URL(spec.authorizeUrl);
    const parameters = {
      ...spec.extra,
      response_type: "code",
      client_id: spec.clientId,
      redirect_uri: redirectUri,
      scope: spec.scopes.join(" "),
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    flow.show(url.href);
    const code = callback ? await callback.code : pasted(await flow.askCode(flow.signal), state);
    return await requestTokens(
      spec,
      {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...(spec.tokenBody === "json" && { state }),
      },
      flow,
    );
  } finally {
    await callback?.close();
  }
}

/** What the vendor's page shows: the code, with `#state` behind it where the vendor adds it. */
function pasted(text: string, state: string): string {
  const [code = "", returned] = text.trim().split("#");
  if (code === "") throw new UserError("OAUTH_REFUSED", "no code was given");
  if (returned !== undefined && !constantTimeEqual(returned, state)) throw foreign();
  return code;
}

function foreign(): UserError {
  return new UserError("OAUTH_REFUSED", "the code belongs to another login attempt", {
    hint: "start again: openclaw models auth login",
  });
}

interface Callback {
  redirectUri: string;
  code: Promise<string>;
  close: () => Promise<void>;
}

/** Waits on 127.0.0.1 for the one request that carries our state; everything else is turned away. */
async function listen(redirect: URL, state: string, flow: LoginFlow): Promise<Callback> {
  const { createServer } = await import("node:http");
  let settle: (outcome: { code: string } | { error: Error }) => void = () => {};
  const code = new Promise<string>((resolve, reject) => {
    settle = (outcome) => ("code" in outcome ? resolve(outcome.code) : reject(outcome.error));
  });
  code.catch(() => undefined); // the caller awaits it later; a failure before that is not lost
  const server = createServer((request, response) => {
    const answer = judge(request, redirect.pathname, state);
    page(response, answer.status, answer.text);
    if (answer.outcome) settle(answer.outcome);
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 16;
  const port = await bind(server, Number(redirect.port || "80"));
  const stop = (error: Error) => settle({ error });
  const onAbort = () => stop(new UserError("CANCELLED", "the login was stopped"));
  flow.signal.addEventListener("abort", onAbort, { once: true });
  const cancel = flow.clock.after(callbackMs, () =>
    stop(new UserError("OAUTH_FAILED", "nobody came back from the browser within 10 minutes")),
  );
  const uri = new URL(redirect);
  uri.port = String(port);
  return {
    redirectUri: uri.href,
    code,
    async close() {
      cancel();
      flow.signal.removeEventListener("abort", onAbort);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function judge(
  request: IncomingMessage,
  path: string,
  state: string,
): { status: number; text: string; outcome?: { code: string } | { error: Error } } {
  const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
  if (request.method !== "GET" || url?.pathname !== path) return { status: 404, text: "Not found." };
  const query = url.searchParams;
  // Without our state it is somebody else's page calling: it must not even end the waiting.
  if (!constantTimeEqual(query.get("state") ?? "", state))
    return { status: 400, text: "This answer belongs to another login attempt." };
  const refused = query.get("error");
  if (refused !== null) {
    const said = (query.get("error_description") ?? refused).replace(/[^\x20-\x7e]/g, " ").slice(0, 200);
    const error = new UserError("OAUTH_REFUSED", `the login was refused: ${said}`);
    return { status: 200, text: "The login was refused. You can close this window.", outcome: { error } };
  }
  const code = query.get("code");
  if (!code) return { status: 400, text: "There is no code in this answer." };
  return { status: 200, text: "Logged in. You can close this window.", outcome: { code } };
}

function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(text);
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new UserError(
          "PORT_IN_USE",
          `the login needs port ${port} on this machine: ${cause.code ?? cause.message}`,
          {
            hint: `see what uses it: ss -ltnp | grep ${port}`,
            cause,
          },
        ),
      ),
    );
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
