import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createBrowserBench,
  hasChromium,
  refIn,
  type BrowserBench,
} from "../../test/support/browser-bench.ts";

/** Waits for a condition; the test's own time limit ends it. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(20);
}

describe.skipIf(!hasChromium)("pages that mean harm (skipped where /usr/bin/chromium is missing)", () => {
  let bench: BrowserBench;
  /** Stands for the gateway and whatever else listens on this machine. */
  const reached: string[] = [];
  const service = createServer((request, response) => {
    reached.push(`${request.method} ${request.headers.host}${request.url}`);
    response.setHeader("access-control-allow-origin", "*");
    response.end("the secret of this machine");
  });
  service.on("upgrade", (request, socket) => {
    reached.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  let inside: number;
  beforeAll(async () => {
    bench = await createBrowserBench();
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    inside = (service.address() as AddressInfo).port;
  });
  beforeEach(async () => {
    for (const tab of bench.browser.tabs(bench.owner)) await bench.browser.close(bench.owner, tab.id);
  });
  afterAll(async () => {
    await bench.stop();
    await new Promise((resolve) => service.close(resolve));
  });
  const text = async (tab?: string) => (await bench.browser.snapshot(bench.owner, { tab })).value.text;

  it("reach nothing on this machine: no script, frame, picture, form, redirect, WebSocket, WebRTC or rebound name", async () => {
    const udp = createSocket("udp4");
    const packets: string[] = [];
    udp.on("message", (message) => packets.push(message.toString("hex")));
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    // The name led elsewhere when it was first looked up; the second answer is what would be dialled.
    bench.answers.set("rebound.example", ["127.0.0.1"]);
    bench.answers.set("mixed.example", ["93.184.215.14", "127.0.0.1"]);
    bench.pages.set("/away", (_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${inside}/redirect` }).end(),
    );
    const targets = [
      `http://127.0.0.1:${inside}/a`,
      `http://localhost:${inside}/b`,
      `http://[::1]:${inside}/c`,
      `http://2130706433:${inside}/d`,
      `http://[::ffff:7f00:1]:${inside}/e`,
      `http://rebound.example:${inside}/f`,
      `http://mixed.example:${inside}/g`,
      `https://127.0.0.1:${inside}/h`,
      "http://169.254.169.254/latest/meta-data/",
      `${bench.origin}/away`,
    ];
    const tab = bench.page(
      "/attack",
      `<iframe src="http://127.0.0.1:${inside}/frame"></iframe><img src="http://127.0.0.1:${inside}/img">
       <link rel="prefetch" href="http://127.0.0.1:${inside}/prefetch"><link rel="preconnect" href="http://127.0.0.1:${inside}">
       <p id="out"></p><script>
       const results = [];
       const socket = (url) => new Promise((done) => { const ws = new WebSocket(url); ws.onopen = () => done("open"); ws.onerror = () => done("failed"); });
       const rtc = async () => {
         const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${udp.address().port}" }] });
         peer.createDataChannel("x");
         await peer.setLocalDescription(await peer.createOffer());
         await new Promise((done) => { peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done(); setTimeout(done, 1500); });
         return (peer.localDescription.sdp.match(/a=candidate/g) ?? []).length + " candidates";
       };
       (async () => {
         for (const url of ${JSON.stringify(targets)}) {
           results.push(await fetch(url).then((r) => r.text()).then((t) => t.includes("secret") ? "GOT IT" : "kept out", () => "kept out"));
           results.push(await fetch(url, { mode: "no-cors", method: "POST", body: "x" }).then(() => "answered", () => "kept out"));
         }
         results.push(await socket("ws://127.0.0.1:${inside}/ws"), await socket("ws://localhost:${inside}/ws"));
         results.push(await rtc());
         navigator.sendBeacon("http://127.0.0.1:${inside}/beacon", "x");
         out.textContent = "done " + [...new Set(results)].join(", ");
       })();
       </script>`,
    );
    const { value } = await bench.browser.open(bench.owner, tab);
    await bench.browser.act(bench.owner, { kind: "wait", text: "done", ms: 20_000 }, { tab: value.id });
    const shown = await text(value.id);
    expect(shown).not.toContain("GOT IT");
    expect(shown).toContain("kept out");
    expect(shown).toContain("0 candidates");
    await bench.browser.close(bench.owner);
    expect(reached).toEqual([]);
    expect(packets).toEqual([]);
    udp.close();
  });

  it("are not opened there by an agent either, and a refusal says why", async () => {
    const { browser, owner } = bench;
    const before = browser.allTabs().length;
    for (const [url, why] of [
      [`http://127.0.0.1:${inside}/`, /private or special address/],
      [`https://127.0.0.1:${inside}/`, /private or special address/],
      ["http://169.254.169.254/", /private or special address/],
      ["http://nowhere.invalid/", /has no address/],
      ["file:///etc/passwd", /only http and https/],
      ["chrome://settings", /only http and https/],
      ["javascript:alert(1)", /only http and https/],
      ["view-source:http://pages.example/", /only http and https/],
      ["http://user:pw@pages.example/", /user name or password/],
      ["http://", /no address/],
    ] as const)
      await expect(browser.open(owner, url)).rejects.toThrow(why);
    await expect(browser.open(owner, `${bench.origin}/away`)).rejects.toThrow(
      /leads on: .*private or special/,
    );
    expect(browser.allTabs().length).toBe(before);
    expect(reached).toEqual([]);
  });

  it("cannot leave for files of this machine", async () => {
    const url = bench.page(
      "/leave",
      `<a href="file:///etc/passwd">Files</a><button onclick="location = 'file:///etc/passwd'">Go</button>`,
    );
    const { value } = await bench.browser.open(bench.owner, url);
    const shown = await text();
    for (const name of ["Files", "Go"])
      await bench.browser.act(bench.owner, { kind: "click", ref: refIn(shown, name) });
    expect(bench.browser.tabs(bench.owner).map((tab) => tab.url)).toEqual([url]);
    expect(await text()).toContain("Files");
    await bench.browser.close(bench.owner, value.id);
  });

  it("open tabs only for their own session, and few", async () => {
    const { browser, owner } = bench;
    const url = bench.page(
      "/popups",
      `<a href="/popups" target="_blank">New tab</a><button onclick="for (let i = 0; i < 30; i++) window.open('/popups?' + i)">Many</button>`,
    );
    const { value } = await browser.open(owner, url);
    const shown = await text();
    const opened = await browser.act(owner, { kind: "click", ref: refIn(shown, "New tab") });
    await until(() => browser.tabs(owner).length === 2);
    expect([...opened.notes, ...(await browser.snapshot(owner)).notes].join()).toMatch(/it opened tab t\d+/);
    await browser.act(owner, { kind: "click", ref: refIn(shown, "Many") });
    expect(browser.allTabs().length).toBeLessThanOrEqual(bench.settings.maxTabs);
    expect(browser.allTabs().every((tab) => tab.session === owner.session)).toBe(true);
    while (browser.tabs(owner).length < bench.settings.maxTabs) await browser.open(owner, url);
    await expect(browser.open(owner, url)).rejects.toMatchObject({ code: "BROWSER_LIMIT" });
    for (const tab of browser.tabs(owner)) await browser.close(owner, tab.id);
    expect(value.id).toMatch(/^t\d+$/);
  });

  it("get their dialogs answered, and are closed when there is no end to them", async () => {
    const { browser, owner } = bench;
    await browser.open(
      owner,
      bench.page(
        "/dialogs",
        `<button onclick="this.textContent = 'said ' + confirm('Really?')">Ask</button><button onclick="for (;;) alert('again')">Endless</button>`,
      ),
    );
    const shown = await text();
    const asked = await browser.act(owner, { kind: "click", ref: refIn(shown, "Ask") });
    expect(asked.notes).toEqual(['a dialog (confirm) said "Really?" and was dismissed']);
    expect(await text()).toContain("said false");
    await browser.act(owner, { kind: "click", ref: refIn(shown, "Ask") }, { acceptDialogs: true });
    expect(await text()).toContain("said true");
    await expect(browser.act(owner, { kind: "click", ref: refIn(shown, "Endless") })).rejects.toThrow(
      /more than 20 dialogs/,
    );
    expect(browser.tabs(owner)).toEqual([]);
  });

  it("that never come to rest cost their tab, not the browser", async () => {
    const { browser, owner } = bench;
    const busy = bench.page("/busy", `<button onclick="setTimeout(() => { for (;;); })">Spin</button>`);
    await browser.open(owner, busy);
    const ref = refIn(await text(), "Spin");
    await expect(
      (async () => {
        await browser.act(owner, { kind: "click", ref }, { timeoutMs: 3000 });
        await browser.snapshot(owner, { timeoutMs: 1000 });
      })(),
    ).rejects.toMatchObject({ code: "BROWSER_TIMEOUT" });
    expect(browser.tabs(owner)).toEqual([]);
    await browser.open(owner, busy);
    expect(await text()).toContain("Spin");
    await browser.close(owner);
  });

  it("that are huge are cut", async () => {
    const { browser, owner } = bench;
    const url = bench.page(
      "/huge",
      `<script>
        document.write("<p>word <a href=/x>link</a></p>".repeat(Number(location.search.slice(1))) + "<div>".repeat(600));
      </script>`,
    );
    await browser.open(owner, `${url}?20500`);
    await expect(browser.snapshot(owner)).rejects.toThrow(/elements, too many for a snapshot/);
    await browser.navigate(owner, `${url}?800`);
    const { value } = await browser.snapshot(owner, { maxChars: 5000 });
    expect(value.cut).toBe(true);
    expect(value.text.length).toBeLessThanOrEqual(5000);
    expect((await browser.html(owner, { maxChars: 1000 })).value.html).toHaveLength(1000);
    await browser.close(owner);
  });

  it("that crash are told as crashed; so is the whole browser, which comes again when asked", async () => {
    const { browser, owner } = bench;
    const url = bench.page("/calm", "<p>calm</p>");
    await browser.open(owner, url);
    const { pid } = browser.status();
    for (const renderer of childrenOf(pid ?? 0, "--type=renderer")) process.kill(renderer, "SIGKILL");
    await until(() => browser.tabs(owner).length === 0);
    await browser.open(owner, url);
    process.kill(-(pid ?? 0), "SIGKILL");
    await until(() => !browser.status().running);
    await expect(browser.snapshot(owner)).rejects.toMatchObject({ code: "BROWSER_TAB_UNKNOWN" });
    await browser.open(owner, url);
    expect(await text()).toContain("calm");
    expect(browser.status().pid).not.toBe(pid);
  });

  it("leave a browser behind only until the next one starts, and none that is idle", async () => {
    const left = bench.browser.status().pid ?? 0;
    const url = bench.page("/calm", "<p>calm</p>");
    const { createBrowser } = await import("./browser.ts");
    const { systemClock } = await import("../core/clock.ts");
    const { silentLogger } = await import("../core/logger.ts");
    const next = createBrowser({
      settings: () => ({ ...bench.settings, idleMs: 50 }),
      cacheDir: bench.folder,
      env: {},
      uid: process.getuid?.() ?? null,
      clock: systemClock,
      logger: silentLogger,
      keepDownload: () => Promise.resolve(""),
      resolve: () => Promise.resolve(["127.0.0.1"]),
    });
    await next.open(bench.owner, url);
    await until(() => !bench.browser.status().running);
    expect(childrenOf(left, "")).toEqual([]);
    await until(() => !next.status().running);
    await next.stop();
  });
});

/** Processes of a group whose command line holds a word. */
function childrenOf(group: number, word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return (
          Number(fields[2]) === group &&
          fields[0] !== "Z" &&
          readFileSync(`/proc/${name}/cmdline`, "utf8").includes(word)
        );
      } catch {
        // Ended while we looked.
        return false;
      }
    })
    .map(Number);
}
