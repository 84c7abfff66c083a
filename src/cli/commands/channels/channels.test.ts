import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createCliHome } from "../../../../test/support/run-cli.ts";
import { channelCatalog } from "../../../channels/catalog.ts";
import { definitions } from "./index.ts";

const cli = createCliHome();
afterAll(cli.remove);
const path = join(cli.stateDir, "openclaw.json");
const config = () => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
beforeEach(() => cli.configure({}));

const secret = "a shared secret of some length";
const run = (...argv: string[]) => cli.run(["channels", ...argv], { env: { WEBHOOK_SECRET: secret } });

describe("channels add and remove", () => {
  it("writes an account that is complete, and says when it counts", async () => {
    const added = await run(
      "add",
      "--channel",
      "webhook",
      "--secret",
      secret,
      "--service-url",
      "https://x.example/in",
    );
    expect(added).toMatchObject({ status: 0 });
    expect(added.stdout).toContain("Added Webhook account default");
    expect(added.stdout).toContain("The gateway does not run");
    expect(config()).toMatchObject({
      channels: { webhook: { enabled: true, secret, url: "https://x.example/in" } },
    });
    expect((await run("list")).stdout).toMatch(/webhook\s+Webhook\s+default/);
    expect(await run("remove", "--channel", "webhook")).toMatchObject({ status: 0 });
    expect(config()).not.toHaveProperty("channels.webhook");
  });

  it("names what is wrong before anything is written", async () => {
    const { status, stderr } = await run(
      "add",
      "--channel",
      "webhook",
      "--secret",
      "short",
      "--service-url",
      "ftp://x",
    );
    expect(status).toBe(1);
    expect(stderr).toContain("secret: needs at least 16 characters; url: needs an http or https address");
    expect(config()).toEqual({});
    expect((await run("add", "--channel", "icq")).stderr).toContain('there is no channel "icq"');
    expect(await run("add")).toMatchObject({ status: 2 });
  });

  it("logs in to the only channel that needs it, and asks which one otherwise", async () => {
    const whatsapp = { enabled: true };
    const none = await run("login");
    expect(none).toMatchObject({ status: 2 });
    expect(none.stderr).toMatch(/--channel is missing\n.*one of: whatsapp, signal; `openclaw channels add`/);
    cli.configure({ channels: { whatsapp, telegram: { botToken: "1:a" } } });
    expect((await run("login", "--account", "nobody")).stderr).toContain(
      "there is no account whatsapp/nobody",
    );
    cli.configure({ channels: { whatsapp, signal: { number: "+4915100000001" } } });
    for (const verb of ["login", "logout"]) {
      const two = await run(verb);
      expect(two).toMatchObject({ status: 2 });
      expect(two.stderr).toContain("one of: whatsapp, signal");
    }
  });

  it("refers to the environment instead of writing secrets down, where asked", async () => {
    const words = ["add", "--channel", "webhook", "--service-url", "https://x.example/in", "--use-env"];
    expect(await run(...words)).toMatchObject({ status: 0 });
    expect(config()).toMatchObject({ channels: { webhook: { secret: "${WEBHOOK_SECRET}" } } });
    const { status, stderr } = await run(...words, "--account", "ops");
    expect(status).toBe(1);
    expect(stderr).toContain("WEBHOOK_SECRET_OPS is not set");
  });

  it("keeps the account that was there when another one is added, and takes away only the named one", async () => {
    const keys = ["--secret", secret, "--service-url", "https://x.example/in"];
    await run("add", "--channel", "webhook", ...keys);
    await run("add", "--channel", "webhook", "--account", "ops", ...keys, "--name", "Ops");
    expect((await run("list", "--json")).stdout).toContain('"default"');
    expect(config()).toMatchObject({
      channels: { webhook: { secret, accounts: { default: {}, ops: { name: "Ops", secret } } } },
    });
    await run("remove", "--channel", "webhook", "--account", "ops");
    expect(config()).toMatchObject({ channels: { webhook: { secret, accounts: { default: {} } } } });
    expect((await run("remove", "--channel", "webhook", "--account", "ops")).stderr).toContain(
      "there is no account webhook/ops",
    );
  });
});

describe("channels", () => {
  it("have a flag for every credential a channel wants", () => {
    const add = definitions.find(({ path: words }) => words.at(-1) === "add");
    const flags = (add?.options ?? []).map((option) => option.flags.split(" ")[0]);
    const wanted = channelCatalog.flatMap(({ credentials }) => credentials.map(({ flag }) => flag));
    expect(wanted.filter((flag) => !flags.includes(flag))).toEqual([]);
  });

  it("tell what they can and why they cannot", async () => {
    const { stdout } = await run("capabilities", "--channel", "webhook");
    expect(stdout).toContain("repeats are dropped by key");
    expect(stdout).toContain("no login: a shared secret is all it needs");
  });

  it("say that there is nothing to log in to", async () => {
    await run("add", "--channel", "webhook", "--secret", secret, "--service-url", "https://x.example/in");
    const { status, stderr } = await run("login", "--channel", "webhook");
    expect(status).toBe(1);
    expect(stderr).toContain("webhook needs no login");
  });
});
