// Real proxies and sshd, each as one process with its files in a temporary folder.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestCertificate } from "../support/certificates.ts";
import { until } from "../support/e2e-home.ts";
import { proxyAddress } from "./place.ts";

export interface Front extends AsyncDisposable {
  /** What it wrote on its terminal. */
  output(): string;
}

/** The shipped example, as it stands but for the lines a reader replaces. */
export function example(name: string, replacements: Record<string, string> = {}): string {
  const text = readFileSync(fileURLToPath(new URL(`../../packaging/${name}`, import.meta.url)), "utf8");
  return Object.entries(replacements).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`packaging/${name} does not hold ${JSON.stringify(from)}`);
    return all.replaceAll(from, to);
  }, text);
}

/** A folder with the certificate in the forms the proxies want, in `cert.pem`, `key.pem` and `both.pem`. */
export function proxyFolder(certificate: TestCertificate): string {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-front-"));
  writeFileSync(join(folder, "cert.pem"), certificate.cert);
  writeFileSync(join(folder, "key.pem"), certificate.key);
  writeFileSync(join(folder, "both.pem"), certificate.cert + certificate.key);
  return folder;
}

/** nginx with these lines in its `http` block. */
export function startNginx(folder: string, http: string, port = 443): Promise<Front> {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `user root; daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temp.join("\n")}\n${http}\n}\n`,
  );
  return start("nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { folder, port });
}

export function startCaddy(folder: string, caddyfile: string, port = 443): Promise<Front> {
  const options = `{\n\tadmin off\n\tstorage file_system ${folder}/caddy\n}\n`;
  writeFileSync(join(folder, "Caddyfile"), options + caddyfile);
  return start("caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"], {
    folder,
    port,
  });
}

export function startHaproxy(folder: string, config: string, port = 443): Promise<Front> {
  writeFileSync(join(folder, "haproxy.cfg"), config);
  return start("haproxy", ["-db", "-f", join(folder, "haproxy.cfg")], { folder, port });
}

/** Starts a server of the system and waits until it listens. `folder` goes with it. */
export async function start(
  program: string,
  args: string[],
  options: { folder: string; port: number; address?: string },
): Promise<Front> {
  const { folder, port, address = proxyAddress } = options;
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const child = spawn(program, args, {
    env: { PATH: `${process.env["PATH"]}:/usr/sbin`, HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (output += part));
  let gone = false;
  const ended = new Promise<void>((resolve) => {
    const done = () => {
      gone = true;
      resolve();
    };
    child.once("error", (error) => {
      output += String(error);
      done();
    });
    child.once("close", done);
  });
  await until(() => {
    if (gone) throw new Error(`${program} ended\n${output}`);
    return listens(address, port);
  });
  return {
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const last = setTimeout(() => void child.kill("SIGKILL"), 3000);
      await ended;
      clearTimeout(last);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false)); // Not yet.
  });
}
