import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createBrowserBench,
  hasChromium,
  refIn,
  type BrowserBench,
} from "../../test/support/browser-bench.ts";

describe.skipIf(!hasChromium)(
  "a page in a real Chromium (skipped where /usr/bin/chromium is missing)",
  () => {
    let bench: BrowserBench;
    beforeAll(async () => {
      bench = await createBrowserBench();
    });
    afterAll(() => bench.stop());
    const open = async (path: string, html: string) => {
      const { value } = await bench.browser.open(bench.owner, bench.page(path, html));
      return value;
    };
    const look = async (tab: string) => (await bench.browser.snapshot(bench.owner, { tab })).value.text;
    const done = (tab: string) => bench.browser.close(bench.owner, tab);

    it("is opened, read as lines with refs, filled in and sent", async () => {
      const tab = await open(
        "/form",
        `<h1>Order</h1><p>Please fill in.</p>
       <form onsubmit="event.preventDefault(); out.textContent = name1.value + '/' + size.value + '/' + hot.checked">
         <label>Name <input id="name1" value="old"></label>
         <label>Size <select id="size"><option value="s">Small</option><option value="l">Large</option></select></label>
         <label><input type="checkbox" id="hot"> Hot</label>
         <button>Send</button></form><p id="out"></p><a href="/next">Next page</a>`,
      );
      const before = await look(tab.id);
      expect(before).toContain('- heading "Order" level=1');
      expect(before).toContain('text "Please fill in."');
      expect(before).toMatch(/- textbox "Name" \[e\d+\].* value="old"/);
      expect(before).toMatch(/- link "Next page" \[e\d+\] → http/);
      const { browser, owner } = bench;
      await browser.act(
        owner,
        { kind: "type", ref: refIn(before, 'textbox "Name"'), text: "Ünïcode ☕" },
        { tab: tab.id },
      );
      await browser.act(
        owner,
        { kind: "select", ref: refIn(before, "combobox"), values: ["Large"] },
        { tab: tab.id },
      );
      await browser.act(owner, { kind: "click", ref: refIn(before, "checkbox") }, { tab: tab.id });
      await browser.act(owner, { kind: "click", ref: refIn(before, 'button "Send"') }, { tab: tab.id });
      const after = await look(tab.id);
      expect(after).toContain('text "Ünïcode ☕/l/true"');
      expect(refIn(after, 'textbox "Name"')).toBe(refIn(before, 'textbox "Name"'));
      bench.page("/next", "<h1>There</h1>");
      const clicked = await browser.act(
        owner,
        { kind: "click", ref: refIn(after, "Next page") },
        { tab: tab.id },
      );
      expect(clicked.value.url).toBe(`${bench.origin}/next`);
      expect(await look(tab.id)).toContain('heading "There"');
      await expect(
        browser.act(owner, { kind: "click", ref: refIn(before, 'button "Send"') }, { tab: tab.id }),
      ).rejects.toMatchObject({ code: "BROWSER_REF_UNKNOWN" });
      expect((await browser.back(owner, { tab: tab.id })).value.url).toBe(`${bench.origin}/form`);
      await done(tab.id);
    });

    it("gets keys, and says what covers a button or is not there", async () => {
      const tab = await open(
        "/keys",
        `<input aria-label="Field" onkeydown="if (event.key === 'Enter') out.textContent = 'entered ' + this.value">
       <p id="out"></p><button>Under</button><button style="display:none">Hidden</button>
       <div style="position:fixed;inset:60px 0 0 0;background:#fff8">Cookies!</div>`,
      );
      const { browser, owner } = bench;
      const text = await look(tab.id);
      await browser.act(owner, { kind: "type", ref: refIn(text, "Field"), text: "abc" });
      await browser.act(owner, { kind: "press", key: "Control+a" });
      await browser.act(owner, { kind: "press", key: "x" });
      await browser.act(owner, { kind: "press", key: "Enter" });
      expect(await look(tab.id)).toContain('text "entered x"');
      await expect(browser.act(owner, { kind: "click", ref: refIn(text, "Under") })).rejects.toThrow(
        /covered by "DIV Cookies!"/,
      );
      await expect(browser.act(owner, { kind: "click", ref: "e9999" })).rejects.toMatchObject({
        code: "BROWSER_REF_UNKNOWN",
      });
      await expect(browser.act(owner, { kind: "press", key: "Nope" })).rejects.toMatchObject({
        code: "BROWSER_KEY",
      });
      await done(tab.id);
    });

    it("is waited for, scrolled, and shown as picture, document and PDF", async () => {
      const tab = await open(
        "/late",
        `<div style="height:3000px">top</div><button onclick="setTimeout(() => out.textContent = 'ready now', 300)">Go</button><p id="out"></p>`,
      );
      const { browser, owner } = bench;
      await browser.act(owner, { kind: "click", ref: refIn(await look(tab.id), "Go") });
      await browser.act(owner, { kind: "wait", text: "ready now" });
      await expect(
        browser.act(owner, { kind: "wait", text: "never", ms: 500 }, { timeoutMs: 300 }),
      ).rejects.toMatchObject({
        code: "BROWSER_WAIT",
      });
      await browser.act(owner, { kind: "scroll", direction: "up" });
      const picture = (await browser.screenshot(owner)).value;
      expect([...picture.bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
      expect((await browser.screenshot(owner, { format: "jpeg", fullPage: true })).value.bytes[0]).toBe(0xff);
      expect((await browser.html(owner)).value.html).toContain("ready now");
      expect(Buffer.from((await browser.pdf(owner)).value.bytes.subarray(0, 5)).toString()).toBe("%PDF-");
      await done(tab.id);
    });

    it("is shown and used although other tabs came and went before it", async () => {
      const { browser, owner } = bench;
      const first = await open(
        "/first",
        `<title>First page</title><button onclick="this.textContent='used'">Use</button>`,
      );
      expect(first.title).toBe("First page");
      const second = await open("/second", "<p>second</p>");
      const third = await open("/third", "<p>third</p>");
      const ids = [first.id, second.id, third.id];
      for (const tab of ids) await browser.screenshot(owner, { tab });
      await expect(browser.open(owner, "http://127.0.0.1:1/")).rejects.toThrow();
      for (const tab of ids) await browser.screenshot(owner, { tab, fullPage: true });
      await done(third.id);
      await browser.act(owner, { kind: "click", ref: refIn(await look(first.id), "Use") }, { tab: first.id });
      expect(await look(first.id)).toContain('button "used"');
      await done(first.id);
      await done(second.id);
    });

    it("shows frames of its own and of other sites in place, and clicks in them", async () => {
      bench.page("/inner", `<button onclick="this.textContent='pressed'">Inner</button>`);
      const tab = await open(
        "/frames",
        `<p>before</p><iframe title="Near" src="/inner" style="margin-top:200px"></iframe>
       <iframe title="Far" src="${bench.other}/inner"></iframe>`,
      );
      const { browser, owner } = bench;
      const text = await look(tab.id);
      const inner = text.split("\n").filter((line) => line.includes('button "Inner"'));
      expect(inner).toHaveLength(2);
      for (const line of inner) await browser.act(owner, { kind: "click", ref: refIn(line, "Inner") });
      expect((await look(tab.id)).match(/button "pressed"/g)).toHaveLength(2);
      await done(tab.id);
    });

    it("belongs to its session: no other sees it, and guests have cookies of their own", async () => {
      const { browser, owner } = bench;
      bench.pages.set("/cookie", (request, response) => {
        response.setHeader("set-cookie", "who=first; Path=/");
        response.setHeader("content-type", "text/html");
        response.end(`<p>cookie:${request.headers.cookie ?? "none"}</p>`);
      });
      const url = `${bench.origin}/cookie`;
      const mine = (await browser.open(owner, url)).value;
      const guest = { session: "agent:main:telegram:direct:7", owner: false };
      const inMySession = { session: owner.session, owner: false };
      const theirs = (await browser.open(guest, url)).value;
      expect((await browser.snapshot(guest)).value.text).toContain("cookie:none");
      expect(browser.tabs(guest).map((tab) => tab.id)).toEqual([theirs.id]);
      expect(browser.tabs(inMySession)).toEqual([]);
      for (const seat of [guest, inMySession])
        await expect(browser.snapshot(seat, { tab: mine.id })).rejects.toMatchObject({
          code: "BROWSER_TAB_UNKNOWN",
        });
      expect((await browser.navigate(owner, url, { tab: mine.id })).value.id).toBe(mine.id);
      expect(await look(mine.id)).toContain("cookie:who=first");
      await browser.close(guest);
      await browser.open(guest, url);
      expect((await browser.snapshot(guest)).value.text).toContain("cookie:none");
      await browser.close(guest);
      await done(mine.id);
    });

    it("hands over what it downloads, within the limit", async () => {
      const { browser, owner } = bench;
      const send = (bytes: number) => (_request: unknown, response: import("node:http").ServerResponse) => {
        response.writeHead(200, {
          "content-type": "application/octet-stream",
          "content-disposition": 'attachment; filename="../report.csv"',
        });
        response.end("a".repeat(bytes));
      };
      bench.pages.set("/small", send(2000));
      bench.pages.set("/large", send(300_000));
      const tab = await open("/files", `<a href="/small">Small</a> <a href="/large">Large</a>`);
      const text = await look(tab.id);
      const notes: string[] = [];
      const until = async (sign: string) => {
        while (!notes.join("\n").includes(sign))
          notes.push(...(await browser.snapshot(owner, { tab: tab.id })).notes);
      };
      notes.push(...(await browser.act(owner, { kind: "click", ref: refIn(text, "Small") })).notes);
      await until("downloaded");
      notes.push(...(await browser.act(owner, { kind: "click", ref: refIn(text, "Large") })).notes);
      await until("larger than");
      expect(bench.downloads).toMatchObject([{ session: owner.session, text: "a".repeat(2000) }]);
      expect(bench.downloads[0]?.name).not.toContain("/");
      await done(tab.id);
    });
  },
);
