import { describe, expect, it } from "vitest";
import { fakeTailscale } from "../../test/support/tailscale.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import { publishGateway } from "./tailscale-publish.ts";
import { createTailscale } from "./tailscale.ts";

const from = (fake: { folder: string }) =>
  createTailscale({ env: {}, clock: systemClock, folders: [fake.folder] });

function recorder(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (text: string, { error, hint }: { error?: string; hint?: string } = {}) =>
    void lines.push(error === undefined ? text : `${text}: ${error} -> ${hint}`);
  const logger: Logger = { ...silentLogger, info: write, error: write, child: () => logger };
  return { logger, lines };
}

describe("the tailscale command", () => {
  it("tells this machine's address and name", async () => {
    using fake = fakeTailscale();
    expect(await from(fake).self()).toEqual({ ip: "100.101.102.103", dnsName: "host.tail1234.ts.net" });
  });

  it.each([{ backend: "NeedsLogin" }, { fail: { status: "no daemon" } }])(
    "knows nothing with %j",
    async (state) => {
      using fake = fakeTailscale(state);
      expect(await from(fake).self()).toBeNull();
    },
  );

  it("names the person behind an address, and nobody behind a tagged machine or another", async () => {
    using fake = fakeTailscale({
      people: { "100.64.0.9": "bob@example.com", "100.64.0.10": "tagged-devices", "100.64.0.11": "eve@x" },
      tags: { "100.64.0.11": ["tag:ci"] },
    });
    const tailscale = from(fake);
    expect(await tailscale.whois("100.64.0.9")).toBe("bob@example.com");
    expect(await tailscale.whois("100.64.0.10")).toBeNull();
    expect(await tailscale.whois("100.64.0.11")).toBeNull();
    expect(await tailscale.whois("100.64.0.12")).toBeNull();
    const before = fake.calls().length;
    expect(await tailscale.whois("--socket=/tmp/x")).toBeNull();
    expect(fake.calls()).toHaveLength(before);
  });
});

describe("publishing", () => {
  const publish = (
    fake: { folder: string },
    more: { tls?: boolean; resetOnExit?: boolean; mode?: "funnel" },
  ) => {
    const { logger, lines } = recorder();
    const publication = publishGateway({
      tailscale: from(fake),
      mode: "serve",
      port: 18789,
      tls: false,
      resetOnExit: false,
      logger,
      ...more,
    });
    return { publication, lines };
  };

  it("serves the port, says where, and leaves it there unless told otherwise", async () => {
    using fake = fakeTailscale();
    const { publication, lines } = publish(fake, {});
    await publication.done;
    expect(fake.calls()[0]).toEqual(["serve", "--bg", "18789"]);
    expect(lines).toEqual(["published through Tailscale serve: https://host.tail1234.ts.net/"]);
    await publication.stop();
    expect(fake.state()).toMatchObject({ serve: { Web: {} } });
  });

  it("takes back its own rule with resetOnExit", async () => {
    using fake = fakeTailscale();
    const { publication, lines } = publish(fake, { mode: "funnel", resetOnExit: true, tls: true });
    await publication.done;
    expect(fake.calls()[0]).toEqual(["funnel", "--bg", "https+insecure://127.0.0.1:18789"]);
    expect(fake.state()).toMatchObject({ serve: { AllowFunnel: { "host.tail1234.ts.net:443": true } } });
    await publication.stop();
    expect(fake.calls().at(-1)).toEqual(["funnel", "--https=443", "off"]);
    expect(fake.state()["serve"]).toEqual({});
    expect(lines.at(-1)).toBe("no longer published through Tailscale funnel");
  });

  it.each([
    ["Tailscale is not running", "tailscale up"],
    ["Access denied: serve config denied", "sudo tailscale set --operator=$USER"],
    [
      "Serve is not enabled. Visit https://login.tailscale.com/f/serve?node=n1",
      "https://login.tailscale.com/f/serve",
    ],
    ["something else", "tailscale serve --bg 18789"],
  ])("says the remedy of: %s", async (text, hint) => {
    using fake = fakeTailscale({ fail: { serve: text } });
    const { publication, lines } = publish(fake, { resetOnExit: true });
    await publication.done;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`not published through Tailscale serve: ${text}`);
    expect(lines[0]?.split(" -> ")[1]).toContain(hint);
    // What was never published is not taken back.
    await publication.stop();
    expect(fake.calls()).toHaveLength(1);
  });

  it("does not wait for a command that hangs when the gateway stops", async () => {
    using fake = fakeTailscale({ hang: ["serve"] });
    const { publication, lines } = publish(fake, { resetOnExit: true });
    await expect.poll(() => fake.calls().length).toBe(1);
    await publication.stop();
    expect(lines).toEqual([]);
  });
});
