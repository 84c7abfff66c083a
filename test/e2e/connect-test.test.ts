// `openclaw connect-test` as a process of its own, which is where certificate authorities can be given to Node.
import { createServer } from "node:https";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { baseConfig, createHome, e2eToken, until } from "../support/e2e-home.ts";
import { listen } from "../support/front-proxy.ts";
import { freePort } from "../torture/gateway-process.ts";

test("finds the running gateway, and says how to start it when it is gone", async () => {
  await using home = createHome({ config: baseConfig });
  const gateway = await home.gateway();
  const well = await home.cli(["connect-test"]);
  expect(well.stderr).toBe("");
  expect(well.stdout).toMatch(/All well\.\n$/);
  expect(well.status).toBe(0);
  await gateway.stop();
  const gone = await home.cli(["connect-test", gateway.url]);
  expect(gone.status).toBe(1);
  expect(gone.stdout).toContain("First thing wrong: tcp (TCP_REFUSED)");
  expect(gone.stdout).not.toContain(e2eToken);
}, 30_000);

const certificates = makeCertificates();

describe.skipIf(certificates === null)("certificates of an authority", () => {
  const empty = { cert: "", key: "" };
  const { ca, server, expired } = certificates ?? { ca: empty, server: empty, expired: empty };

  test("one that is valid is trusted without a pin", async () => {
    await using home = createHome({ config: baseConfig });
    home.configure({
      ...baseConfig,
      gateway: { ...baseConfig.gateway, tls: { enabled: true, cert: "cert.pem", key: "key.pem" } },
    });
    for (const [name, text] of Object.entries({ cert: server.cert, key: server.key, ca: ca.cert }))
      writeFileSync(join(home.stateDir, `${name}.pem`), text);
    const port = await freePort();
    const gateway = home.spawn(["gateway", "--port", String(port)]);
    await until(() => home.log().some((line) => JSON.stringify(line).includes("Gateway started on wss://")), {
      or: gateway,
    });
    const env = { NODE_EXTRA_CA_CERTS: join(home.stateDir, "ca.pem") };
    const url = `wss://localhost:${port}`;
    const trusted = await home.cli(["connect-test", url, "--token", e2eToken], { env });
    expect(trusted.stdout).toMatch(/tls .*trusted[^]*All well\.\n$/);
    const stranger = await home.cli(["connect-test", url, "--token", e2eToken]);
    expect(stranger.stdout).toContain("First thing wrong: tls (TLS_UNTRUSTED)");
  }, 30_000);

  test("one that expired is named with its day, and one of another name with its name", async () => {
    await using home = createHome({ config: baseConfig });
    writeFileSync(join(home.stateDir, "ca.pem"), ca.cert);
    const env = { NODE_EXTRA_CA_CERTS: join(home.stateDir, "ca.pem") };
    await using old = await listen(createServer({ ...expired }));
    const late = await home.cli(["connect-test", `wss://127.0.0.1:${old.port}`], { env });
    expect(late.stdout).toContain("First thing wrong: tls (TLS_EXPIRED)");
    await using good = await listen(createServer({ ...server }));
    const other = await home.cli(["connect-test", `wss://[::ffff:127.0.0.1]:${good.port}`], { env });
    expect(other.stdout).toContain("First thing wrong: tls (TLS_WRONG_NAME)");
    expect(other.stdout).toContain("127.0.0.1");
  }, 30_000);
});
