import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeOauth {
  authorizeUrl: string;
  tokenUrl: string;
  /** Bodies of token requests. */
  tokenRequests: Array<Record<string, string>>;
  /** What a browser does with the authorise address when the person agrees: the address it is sent back to. */
  agree(url: string): string;
  stop(): Promise<void>;
}

/** An OAuth server with PKCE (RFC 6749, RFC 7636): a code works once, for the challenge and redirect it was made for. */
export async function startFakeOauth(): Promise<FakeOauth> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  const tokenRequests: Array<Record<string, string>> = [];
  let counter = 0;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      const json = String(request.headers["content-type"]).includes("json");
      const body = (json ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))) as Record<
        string,
        string
      >;
      tokenRequests.push(body);
      const grant = codes.get(body["code"] ?? "");
      codes.delete(body["code"] ?? "");
      const proof = createHash("sha256")
        .update(body["code_verifier"] ?? "")
        .digest("base64url");
      const good = grant && grant.challenge === proof && grant.redirectUri === body["redirect_uri"];
      response.writeHead(good ? 200 : 400, { "content-type": "application/json" });
      response.end(
        JSON.stringify(
          good
            ? { access_token: `access-${++counter}`, refresh_token: `refresh-${counter}`, expires_in: 28_800 }
            : { error: "invalid_grant", error_description: "the code is not valid" },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    authorizeUrl: `${base}/authorize`,
    tokenUrl: `${base}/token`,
    tokenRequests,
    agree(url) {
      const query = new URL(url).searchParams;
      const code = `code-${codes.size + 1}-${Math.random()}`;
      codes.set(code, {
        challenge: query.get("code_challenge") ?? "",
        redirectUri: query.get("redirect_uri") ?? "",
      });
      const back = new URL(query.get("redirect_uri") ?? "");
      back.searchParams.set("code", code);
      back.searchParams.set("state", query.get("state") ?? "");
      return back.href;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
