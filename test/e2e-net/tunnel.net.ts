// Through a real sshd: `ssh -N -L`, and the CLI of another machine in its three ways of naming the gateway.
import { X509Certificate } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import { baseConfig, createHome, e2eToken, until, type E2eHome } from "../support/e2e-home.ts";
import { start, type Front } from "./fronts.ts";
import { proxyAddress } from "./place.ts";

const localPort = 28_789;
let folder: string;
let sshd: Front;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "openclaw-sshd-"));
  for (const name of ["host", "id"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  copyFileSync(join(folder, "id.pub"), join(folder, "authorized"));
  const lines = [
    "Port 22",
    `ListenAddress ${proxyAddress}`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    `PidFile ${folder}/sshd.pid`,
    "StrictModes no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "PermitRootLogin prohibit-password",
  ];
  writeFileSync(join(folder, "sshd_config"), `${lines.join("\n")}\n`);
  // sshd wants to be called by its whole path.
  sshd = await start("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], { folder, port: 22 });
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** The tunnel of docs/remote-access.md, with keys and known hosts of its own. */
async function tunnel(): Promise<{ end(): Promise<void> }> {
  const own = `-F none -i ${folder}/id -o IdentitiesOnly=yes -o UserKnownHostsFile=${folder}/known -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ExitOnForwardFailure=yes`;
  const documented = `-N -L ${localPort}:127.0.0.1:18789 -o ServerAliveInterval=60 -o ServerAliveCountMax=3 root@${proxyAddress}`;
  const child = spawn("ssh", [...own.split(" "), ...documented.split(" ")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
  let gone = false;
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      gone = true;
      resolve();
    });
  });
  await until(
    () => {
      if (gone) throw new Error(`ssh ended: ${said}`);
      const listening = execFileSync("ss", ["-Hltn", `sport = :${localPort}`], { encoding: "utf8" });
      return listening.includes(`127.0.0.1:${localPort}`);
    },
    { what: "the tunnel" },
  );
  return {
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const url = `ws://127.0.0.1:${localPort}`;
const local = { gateway: { mode: "local" }, models: { detectLocal: false } };
const inRemoteMode = (remote: object): object => ({ gateway: { mode: "remote", remote } });

async function healthy(home: E2eHome, argv: string[] = [], env: Record<string, string> = {}): Promise<void> {
  const { stdout, stderr, status } = await home.cli([...argv, "health", "--json"], { env });
  expect([status, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
}

describe("a gateway on loopback, through the tunnel", () => {
  test.each<[string, object, string[], Record<string, string>]>([
    ["gateway.mode remote", inRemoteMode({ url, token: e2eToken }), [], {}],
    ["OPENCLAW_GATEWAY_URL", local, [], { OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: e2eToken }],
    ["--url", local, ["--url", url], { OPENCLAW_GATEWAY_TOKEN: e2eToken }],
    [
      "--url over another remote",
      inRemoteMode({ url: "ws://192.0.2.1:1", token: "x".repeat(32) }),
      ["--url", url],
      { OPENCLAW_GATEWAY_TOKEN: e2eToken },
    ],
  ])("%s", async (_name, config, argv, env) => {
    await using there = createHome({ config: baseConfig });
    const gateway = await there.gateway({ port: 18_789 });
    const through = await tunnel();
    await using here = createHome({ config });
    try {
      await healthy(here, argv, env);
      const answer = await here.cli([...argv, "agent", "--message", "Reply with: from afar"], { env });
      expect(answer.stdout).toContain("from afar");
      const walked = await here.cli([...argv, "connect-test"], { env });
      expect(walked.stdout).toMatch(/All well\.\n$/);
    } finally {
      await through.end();
      await gateway.stop();
    }
  });

  test("the token is still wanted; a dead tunnel is named; a new one works", async () => {
    await using there = createHome({ config: baseConfig });
    const gateway = await there.gateway({ port: 18_789 });
    let through = await tunnel();
    try {
      await using nobody = createHome({ config: inRemoteMode({ url }) });
      const refused = await nobody.cli(["health"]);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("unauthorized");

      await using here = createHome({ config: inRemoteMode({ url, token: e2eToken }) });
      await healthy(here);
      await through.end();
      const gone = await here.cli(["health"]);
      expect(gone.status).toBe(1);
      expect(gone.stderr).toContain(`cannot reach the gateway at ${url}`);
      const walked = await here.cli(["connect-test"]);
      expect(walked.stdout).toContain("First thing wrong: tcp (TCP_REFUSED)");
      through = await tunnel();
      await healthy(here);
      await gateway.stop();
      const empty = await here.cli(["connect-test"]);
      expect(empty.status).toBe(1);
      expect(empty.stdout).toContain("First thing wrong: http (HTTP_CLOSED)");
    } finally {
      await through.end();
    }
  });

  test("with TLS and a pinned certificate, and only with that", async () => {
    const made = makeCertificates();
    if (made === null) throw new Error("openssl is missing");
    await using there = createHome({
      config: {
        ...baseConfig,
        gateway: {
          ...baseConfig.gateway,
          port: 18_789,
          tls: { enabled: true, cert: "cert.pem", key: "key.pem" },
        },
      },
    });
    writeFileSync(join(there.stateDir, "cert.pem"), made.server.cert);
    writeFileSync(join(there.stateDir, "key.pem"), made.server.key);
    const gateway = there.spawn(["gateway"]);
    await until(() => there.log().some((line) => String(line["1"]).startsWith("Gateway started on wss:")), {
      or: gateway,
    });
    const through = await tunnel();
    const wss = `wss://127.0.0.1:${localPort}`;
    const tlsFingerprint = new X509Certificate(made.server.cert).fingerprint256;
    try {
      await using pinned = createHome({
        config: inRemoteMode({ url: wss, token: e2eToken, tlsFingerprint }),
      });
      await healthy(pinned);
      await using wrong = createHome({
        config: inRemoteMode({ url: wss, token: e2eToken, tlsFingerprint: "00".repeat(32) }),
      });
      expect((await wrong.cli(["health"])).stderr).toContain("another fingerprint than the one pinned");
      expect((await wrong.cli(["connect-test"])).stdout).toContain("tls (TLS_FINGERPRINT_MISMATCH)");
      await using plain = createHome({ config: inRemoteMode({ url, token: e2eToken }) });
      expect((await plain.cli(["connect-test"])).stdout).toContain("tls (TLS_NEEDED)");
    } finally {
      await through.end();
      gateway.signal("SIGTERM");
      await gateway.ended;
    }
  });
});
