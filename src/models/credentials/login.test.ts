import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeOauth, type FakeOauth } from "../../../test/fakes/providers/oauth.ts";
import { systemClock } from "../../core/clock.ts";
import { loginWithOauth, type LoginFlow } from "./login.ts";
import type { OauthSpec } from "./oauth.ts";

let server: FakeOauth;
beforeEach(async () => void (server = await startFakeOauth()));
afterEach(() => server.stop());

function flow(
  redirectUri: string,
  change: Partial<LoginFlow> & { tokenBody?: OauthSpec["tokenBody"] } = {},
): LoginFlow {
  const { tokenBody = "form", ...rest } = change;
  return {
    spec: {
      authorizeUrl: server.authorizeUrl,
      tokenUrl: server.tokenUrl,
      clientId: "client-1",
      scopes: ["a", "b"],
      redirectUri,
      extra: { code: "true" },
      tokenBody,
    },
    fetch,
    clock: systemClock,
    signal: new AbortController().signal,
    show: () => {},
    askCode: () => Promise.reject(new Error("not asked")),
    ...rest,
  };
}
const loopback = "http://127.0.0.1:0/auth/callback";

describe("a login in the browser", () => {
  it("comes back to this machine and brings tokens", async () => {
    let page = "";
    const tokens = await loginWithOauth(
      flow(loopback, {
        show: (url) => void fetch(server.agree(url)).then(async (response) => (page = await response.text())),
      }),
    );
    expect(tokens.secret.reveal()).toEqual({ value: "access-1", refresh: "refresh-1" });
    expect(tokens.expiresAt).toBeGreaterThan(Date.now() + 28_000_000);
    expect(page).toContain("close this window");
    expect(server.tokenRequests[0]).toMatchObject({
      grant_type: "authorization_code",
      client_id: "client-1",
    });
  });

  it("keeps verifier and state apart, and proves itself with a challenge", async () => {
    let shown = "";
    await loginWithOauth(
      flow(loopback, {
        show: (url) => {
          shown = url;
          void fetch(server.agree(url));
        },
      }),
    );
    const query = new URL(shown).searchParams;
    const verifier = server.tokenRequests[0]?.["code_verifier"] ?? "";
    expect(query.get("code_challenge_method")).toBe("S256");
    expect(verifier.length).toBeGreaterThanOrEqual(43);
    expect(shown).not.toContain(verifier);
    expect(query.get("state")).not.toBe(verifier);
  });

  it("is not ended by a request without its state, but by a refusal with it", async () => {
    const seen: number[] = [];
    const attempt = loginWithOauth(
      flow(loopback, {
        show: (url) => {
          const redirect = new URL(new URL(url).searchParams.get("redirect_uri") ?? "");
          const state = new URL(url).searchParams.get("state") ?? "";
          void (async () => {
            for (const query of ["?code=stolen&state=wrong", "?code=stolen", "/../x"])
              seen.push((await fetch(redirect.href + query)).status);
            await fetch(`${redirect.href}?error=access_denied&error_description=No&state=${state}`);
          })();
        },
      }),
    );
    await expect(attempt).rejects.toMatchObject({
      code: "OAUTH_REFUSED",
      message: "the login was refused: No",
    });
    expect(seen).toEqual([400, 400, 404]);
    expect(server.tokenRequests).toHaveLength(0);
  });

  it("tells which port it needs when somebody else has it", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as AddressInfo;
    await expect(loginWithOauth(flow(`http://localhost:${port}/x`))).rejects.toMatchObject({
      code: "PORT_IN_USE",
      hint: expect.stringContaining(String(port)),
    });
    await new Promise((resolve) => blocker.close(resolve));
  });

  it("can be stopped while it waits", async () => {
    const stop = new AbortController();
    const attempt = loginWithOauth(flow(loopback, { signal: stop.signal, show: () => stop.abort() }));
    await expect(attempt).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a login with a pasted code", () => {
  const remote = "https://console.example/callback";
  const codeOf = (url: string) => new URL(server.agree(url)).searchParams;

  it("takes code#state, and the code alone", async () => {
    for (const withState of [true, false]) {
      let pasted = "";
      const tokens = await loginWithOauth(
        flow(remote, {
          tokenBody: "json",
          show: (url) => {
            const query = codeOf(url);
            pasted = withState ? `${query.get("code")}#${query.get("state")}\n` : (query.get("code") ?? "");
          },
          askCode: () => Promise.resolve(pasted),
        }),
      );
      expect(tokens.secret.reveal().value).toMatch(/^access-/);
    }
  });

  it("refuses a code of another attempt, a wrong one and none", async () => {
    const paste = (text: string) => loginWithOauth(flow(remote, { askCode: () => Promise.resolve(text) }));
    await expect(paste("abc#someone-elses-state")).rejects.toThrow(/another login attempt/);
    await expect(paste("")).rejects.toThrow(/no code/);
    const wrong = await paste("made-up-code-1234567").catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: "OAUTH_REFUSED", message: expect.stringContaining("400") });
    expect(String(wrong)).not.toContain("made-up-code");
  });
});
