// What people get wrong before a gateway, with a real nginx: `connect-test` names the right hop and what mends it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates, type TestCertificate } from "../support/certificates.ts";
import { baseConfig, createHome, e2eToken, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { example, proxyFolder, startNginx } from "./fronts.ts";
import { proxyAddress, siteName } from "./place.ts";
import { ask } from "./visitor.ts";

const made = makeCertificates(`DNS:${siteName}`);
const other = makeCertificates("DNS:elsewhere.example.org");
if (made === null || other === null) throw new Error("openssl is missing");

let home: E2eHome;
let gateway: Gateway;
beforeAll(async () => {
  home = createHome({
    config: {
      ...baseConfig,
      gateway: { ...baseConfig.gateway, allowedHosts: [siteName], trustedProxies: ["127.0.0.1"] },
    },
  });
  writeFileSync(join(home.dir, "ca.pem"), made.ca.cert + other.ca.cert);
  gateway = await home.gateway({ port: 18_789 });
});
afterAll(async () => {
  await gateway.stop();
  await home[Symbol.asyncDispose]();
});

const upgrade =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const named = "proxy_set_header Host $http_host;";
const forwarded = "proxy_set_header X-Forwarded-For $remote_addr;";
const pass = "proxy_pass http://127.0.0.1:18789;";
const site = (lines: string, listen = "80") =>
  `server { listen ${listen}; server_name ${siteName}; location / { ${lines} } }`;
const tls = (folder: string) => `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`;

interface Walked {
  stdout: string;
  status: number | string;
}

/** Puts nginx before the gateway and walks the way through it. */
async function walk(
  url: string,
  options: {
    http: (folder: string) => string;
    port?: number;
    certificate?: TestCertificate;
    trust?: boolean;
  },
): Promise<Walked> {
  const folder = proxyFolder(options.certificate ?? made?.server ?? { cert: "", key: "" });
  await using _front = await startNginx(folder, options.http(folder), options.port ?? 80);
  const env = {
    OPENCLAW_GATEWAY_TOKEN: e2eToken,
    ...(options.trust === false ? {} : { NODE_EXTRA_CA_CERTS: join(home.dir, "ca.pem") }),
  };
  return await home.cli(["connect-test", url], { env });
}

describe("connect-test names what a real nginx does wrong", () => {
  test.each<[string, string, string, string]>([
    [
      "no upgrade",
      `${pass} ${named} ${forwarded}`,
      "upgrade (UPGRADE_REFUSED)",
      "proxy_set_header Upgrade $http_upgrade",
    ],
    [
      "the name of the upstream instead of the visitor's",
      `proxy_pass http://gateway_backend; ${upgrade} ${forwarded}`,
      "host (HOST_REFUSED)",
      "proxy_set_header Host $http_host;",
    ],
    [
      "the address of the upstream instead of the visitor's name",
      `${pass} ${upgrade} ${forwarded}`,
      "origin (ORIGIN_REFUSED)",
      "proxy_set_header Host $http_host;",
    ],
    [
      "another port of the gateway",
      `proxy_pass http://127.0.0.1:18788; ${upgrade} ${named}`,
      "http (HTTP_BAD_GATEWAY)",
      "compare the proxy's upstream address",
    ],
    [
      "a login of its own",
      `auth_basic "x"; auth_basic_user_file /dev/null; ${pass} ${upgrade} ${named}`,
      "http (HTTP_LOGIN_WALL)",
      "the gateway has its own",
    ],
    [
      "sent on to https:",
      `return 301 https://$host$request_uri;`,
      "http (HTTP_REDIRECT)",
      `openclaw connect-test wss://${siteName}`,
    ],
    [
      "a page of its own",
      `default_type text/html; return 200 "<html>welcome</html>";`,
      "http (HTTP_PAGE)",
      "check host, port and path",
    ],
  ])("%s", async (_name, lines, hop, hint) => {
    const upstream = "upstream gateway_backend { server 127.0.0.1:18789; }\n";
    const found = await walk(`ws://${siteName}`, { http: () => upstream + site(lines) });
    expect(found.status).toBe(1);
    expect(found.stdout).toContain(`First thing wrong: ${hop}`);
    expect(found.stdout).toContain(hint);
  });

  const whole = `${pass} ${upgrade} ${named} ${forwarded}`;
  const secure = (folder: string) =>
    `${site(whole)} ${site(whole, "443 ssl").replace("location", `${tls(folder)} location`)}`;

  test("a name that the gateway was not told", async () => {
    const found = await walk("ws://other.example.org", { http: () => site(whole) });
    expect(found.stdout).toContain("First thing wrong: host (HOST_REFUSED)");
    expect(found.stdout).toContain(`gateway.allowedHosts '["other.example.org"]'`);
  });

  test("encryption on one side only", async () => {
    const asPlain = await walk(`ws://${siteName}:443`, { http: secure });
    expect(asPlain.stdout).toContain("First thing wrong: tls (TLS_NEEDED)");
    const asSecure = await walk(`wss://${siteName}:80`, { http: secure });
    expect(asSecure.stdout).toContain("First thing wrong: tls (TLS_PLAIN_PORT)");
  });

  test.each<[string, TestCertificate, boolean, string]>([
    ["of another name", other.server, true, "TLS_WRONG_NAME"],
    ["that expired", made.expired, true, "TLS_EXPIRED"],
    ["of an authority nobody knows", made.server, false, "TLS_UNTRUSTED"],
  ])("a certificate %s", async (_name, certificate, trust, code) => {
    const found = await walk(`wss://${siteName}`, { http: secure, certificate, trust });
    expect(found.stdout).toContain(`First thing wrong: tls (${code})`);
  });

  test("and finds nothing when it is right", async () => {
    const found = await walk(`ws://${siteName}`, { http: () => site(whole) });
    // The way is right; this machine is new to the gateway, as everybody is once.
    expect(found.stdout).toMatch(/origin +pages of http:\/\/assistant\.example\.org may connect/);
    expect(found.stdout).toContain("First thing wrong: device (DEVICE_NOT_PAIRED)");
  });
});

describe("under a path of another site", () => {
  const http = () =>
    `server { listen 80; server_name ${siteName}; location / { return 404; }\n${example("nginx/openclaw-subpath.conf")}\n}`;

  test("page, API and sockets, with the shipped snippet", async () => {
    await using _front = await startNginx(proxyFolder(made.server), http(), 80);
    const base = `http://${siteName}/openclaw`;
    expect((await ask(`${base}?a=1`)).headers.location).toBe(`${base}/?a=1`);
    const page = await ask(`${base}/`);
    expect(page.status).toBe(200);
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1] ?? "");
    expect(files.length).toBeGreaterThan(1);
    for (const file of files)
      expect([file, (await ask(new URL(file, `${base}/`).href)).status]).toEqual([file, 200]);
    const answer = await ask(`${base}/v1/responses`, {
      headers: { authorization: `Bearer ${e2eToken}` },
      body: { model: "openclaw", input: "Reply with: below a path" },
    });
    expect(answer.body).toContain("below a path");
    const found = await home.cli(["connect-test", `ws://${siteName}/openclaw/`], {
      env: { OPENCLAW_GATEWAY_TOKEN: e2eToken },
    });
    expect(found.stdout).toContain("First thing wrong: device (DEVICE_NOT_PAIRED)");
    const slashless = await home.cli(["connect-test", `ws://${siteName}/openclaw`], {
      env: { OPENCLAW_GATEWAY_TOKEN: e2eToken },
    });
    expect(slashless.stdout).toContain("First thing wrong: upgrade (HTTP_REDIRECT)");
    expect(slashless.stdout).toContain(`openclaw connect-test ws://${siteName}/openclaw/`);
  });

  test("without the path there is only the other site", async () => {
    const found = await walk(`ws://${proxyAddress}`, { http });
    expect(found.stdout).toContain("First thing wrong: http (HTTP_PAGE)");
  });
});
