// Somebody elsewhere: requests and sockets with an address of their own, who trusts the test's authority.
import { request as requestHttp, type IncomingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import { cliConnect, openRaw, type Frame, type RawClient } from "../support/gateway-server.ts";
import { clientAddresses, proxyAddress } from "./place.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Asking {
  headers?: Record<string, string>;
  /** Sent as the body of a POST. */
  body?: object;
  from?: string;
  ca?: string;
}

/** One request, without following redirects. */
export function ask(url: string, asking: Asking = {}): Promise<Answer> {
  const { headers = {}, body, from = clientAddresses[0], ca } = asking;
  const secure = url.startsWith("https:");
  // Straight to this machine there is no other address than its own.
  const local = new URL(url).hostname === "127.0.0.1" ? {} : { localAddress: from };
  return new Promise((resolve, reject) => {
    const options = {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      ...local,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(ca === undefined ? {} : { ca }),
      // A forged Host header does not change which server is dialled.
      ...(secure ? { servername: new URL(url).hostname } : {}),
    };
    const asked = (secure ? requestHttps : requestHttp)(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
      answer.once("error", reject);
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Signs in over a WebSocket and gives back the answer of `connect`. */
export async function connectAs(
  url: string,
  options: Parameters<typeof cliConnect>[1] & {
    headers?: Record<string, string>;
    from?: string;
    ca?: string;
  },
): Promise<{ client: RawClient; answer: Frame }> {
  const { headers, from = clientAddresses[0], ca, ...login } = options;
  const client = await openRaw(url, {
    localAddress: from,
    ...(headers ? { headers } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
  const answer = await client.request("connect", await cliConnect(client, login), "connect");
  return { client, answer };
}

/** Everything a visitor may claim about where it comes from. */
export const forged: Readonly<Record<string, string>> = {
  "X-Forwarded-For": "127.0.0.1",
  "X-Real-IP": "127.0.0.1",
  Forwarded: `for=127.0.0.1;host=localhost;proto=https`,
  "X-Forwarded-Host": "host.tail1234.ts.net",
  "X-Forwarded-Proto": "https",
  "Tailscale-User-Login": "alice@example.com",
  "Tailscale-User-Name": "Alice",
  "CF-Connecting-IP": "127.0.0.1",
  Via: `1.1 ${proxyAddress}`,
};
