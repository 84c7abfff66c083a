// Restarts inside the process leave no gap (HID-014, OPS): the listening socket stays, and what arrives waits.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, get, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome } from "../support/e2e-home.ts";
import { evidence } from "../support/evidence.ts";
import { signIn } from "../support/e2e-socket.ts";

const homes: E2eHome[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
});

/** Milliseconds until the answer; throws for anything but a good one. */
function ask(url: string, agent: Agent): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on("end", () => resolve(performance.now() - started));
    }).on("error", reject);
  });
}

test("1,000 requests during restarts: none refused, none failed, and sockets come back in the same process", async () => {
  const home = createHome({ config: baseConfig });
  homes.push(home);
  const gateway = await home.gateway();
  const starts = () => gateway.stdout().split("Gateway started on").length - 1;
  await until(() => starts() === 1, { or: gateway, what: "the first start" });
  const fresh = new Agent({ keepAlive: false });
  const kept = new Agent({ keepAlive: true, maxSockets: 4 });
  const waits: number[] = [];
  const failures: string[] = [];
  const wanted = 1000;
  let asked = 0;
  const client = async (index: number) => {
    const agent = index % 2 === 0 ? fresh : kept;
    while (asked < wanted || starts() < 4) {
      asked += 1;
      await ask(`${gateway.http}/health`, agent).then(
        (ms) => waits.push(ms),
        (error: unknown) => failures.push(String(error)),
      );
      // About 1,000 requests over all restarts, not all of them before the first.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const restarts = async () => {
    for (let restart = 1; restart <= 3; restart++) {
      gateway.signal("SIGUSR1");
      await until(() => starts() === restart + 1, { or: gateway, what: `restart ${restart}` });
      // Upgrades wait as requests do.
      const socket = await signIn(gateway);
      socket.socket.close();
    }
  };
  await Promise.all([restarts(), ...Array.from({ length: 8 }, (_, index) => client(index))]);
  fresh.destroy();
  kept.destroy();
  expect(failures).toEqual([]);
  expect(waits.length).toBeGreaterThanOrEqual(wanted);
  const longest = Math.max(...waits);
  console.log(`${waits.length} requests during 3 restarts, longest wait ${longest.toFixed(0)} ms`);
  expect(longest).toBeLessThan(5000);
  evidence("restart", {
    what: "requests during 3 restarts",
    count: waits.length,
    "refused or failed": failures.length,
    "longest wait, ms": Math.round(longest),
  });
  expect(gateway.child.exitCode).toBe(null);
  expect((await gateway.stop()).status).toBe(0);
}, 60_000);

test("messages that arrive during restarts are all taken and all answered", async () => {
  const secret = "webhook-secret-0123456789";
  const answered: string[] = [];
  const replies = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      answered.push((JSON.parse(body) as { to: string }).to);
      response.writeHead(200).end();
    });
  });
  servers.push(replies.listen(0, "127.0.0.1"));
  await once(replies, "listening");
  const { port } = replies.address() as { port: number };
  const home = createHome({
    config: {
      ...baseConfig,
      channels: {
        webhook: {
          accounts: { a: { secret, dmPolicy: "open", allowFrom: ["*"], url: `http://127.0.0.1:${port}/` } },
        },
      },
    },
  });
  homes.push(home);
  const gateway = await home.gateway();
  const starts = () => gateway.stdout().split("Gateway started on").length - 1;
  await until(() => starts() === 1, { or: gateway });
  const statuses: number[] = [];
  let done = false;
  const send = async () => {
    for (let n = 0; !done; n++) {
      const body = JSON.stringify({ id: `m${n}`, sender: { id: `u${n}` }, text: "hello" });
      const at = Math.floor(Date.now() / 1000);
      const v1 = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
      const response = await fetch(`${gateway.http}/channels/webhook/a`, {
        method: "POST",
        body,
        headers: { "x-openclaw-signature": `t=${at},v1=${v1}` },
      });
      statuses.push(response.status);
      await response.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const restarts = async () => {
    for (let restart = 1; restart <= 3; restart++) {
      const before = statuses.length;
      await until(() => statuses.length > before + 5, { or: gateway, what: "messages between the restarts" });
      gateway.signal("SIGUSR1");
      await until(() => starts() === restart + 1, { or: gateway, what: `restart ${restart}` });
    }
    done = true;
  };
  await Promise.all([restarts(), send()]);
  expect(statuses.filter((status) => status !== statuses[0])).toEqual([]);
  expect(statuses[0]).toBeLessThan(300);
  await until(() => answered.length >= statuses.length, { or: gateway, what: "all answers" });
  expect(answered.toSorted()).toEqual(statuses.map((_, n) => `u${n}`).toSorted());
  evidence("restart", {
    what: "messages during 3 restarts",
    count: statuses.length,
    "refused or failed": statuses.length - answered.length,
    "longest wait, ms": "-",
  });
  expect((await gateway.stop()).status).toBe(0);
}, 60_000);
