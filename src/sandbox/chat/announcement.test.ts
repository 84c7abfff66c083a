import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import type { ApprovalDecision, ApprovalRecord } from "../contract.ts";
import { closingOf, pressValue, questionOf, readPress } from "./announcement.ts";

const id = `exec-${"0123456789abcdef".repeat(2)}`;
const record = (command: string, change: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  request: {
    id,
    command,
    cwd: "/w",
    host: "gateway",
    security: null,
    ask: null,
    agentId: "main",
    resolvedPath: null,
    sessionKey: null,
    createdAtMs: 0,
    expiresAtMs: 600_000,
  },
  decision: null,
  resolvedBy: null,
  resolvedAtMs: null,
  usedAtMs: null,
  ...change,
});
const place = { buttons: true, maxChars: 4000, now: 0 };

describe("a question in a chat", () => {
  it("shows the command, where it would run, and one button per answer", () => {
    const { text, buttons } = questionOf(record("rm -rf build"), place);
    expect(text).toBe(
      "**May I run this?**\n\n```\nrm -rf build\n```\n\nIn /w. The question stands for 10 min.",
    );
    expect(buttons.flat().map(({ label }) => label)).toEqual(["Allow once", "Always allow", "Deny"]);
    expect(buttons.flat().map(({ value }) => readPress(value)?.decision)).toEqual([
      "allow-once",
      "allow-always",
      "deny",
    ]);
  });

  it("says on which machine, and for what else than a command", () => {
    const there = record("ls");
    Object.assign(there.request, {
      host: "node:\nkitchen",
      toolName: "system.run",
      id: `node-${"ab12".repeat(8)}`,
    });
    const { text } = questionOf(there, { ...place, buttons: false });
    expect(text).toContain("May I run this with system.run?");
    expect(text).toContain("On node: kitchen. In /w.");
    expect(text).toContain("/approve ab12ab12,");
  });

  it("names the commands where there are no buttons, or the id does not fit behind one", () => {
    const { text, buttons } = questionOf(record("ls"), { ...place, buttons: false });
    expect(buttons).toEqual([]);
    expect(text).toContain("/approve 01234567, /approve 01234567 always or /deny 01234567");
    const long = record("ls");
    long.request.id = "x".repeat(60);
    expect(questionOf(long, place)).toMatchObject({
      buttons: [],
      text: expect.stringContaining("/approve xxxxxxxx") as string,
    });
  });

  it("of a command that does not fit says so, and lets nobody allow what they cannot see", () => {
    const command = `echo ${"a".repeat(5000)}; rm -rf /`;
    const { text, buttons } = questionOf(record(command), { ...place, maxChars: 1000 });
    expect(text.length).toBeLessThanOrEqual(1000);
    expect(text).toMatch(/… \(\d+ more characters\)/);
    expect(text).toContain("openclaw approvals list");
    expect(buttons.flat().map(({ label }) => label)).toEqual(["Deny"]);
  });

  it("no command gets out of its block", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", "\n", "~", "*", " ") }), (command) => {
        for (const text of [questionOf(record(command), place).text, closingOf(record(command), 4000)]) {
          const code = marked.lexer(text).filter((token) => token.type === "code");
          const trimmed = command.replace(/\n+$/, "");
          expect(code.map((token) => ("text" in token ? token.text : "").replace(/\n+$/, ""))).toEqual([
            trimmed,
          ]);
        }
      }),
    );
  });

  it("a press is read back as what was offered, and nothing else is a press", () => {
    const decisions: ApprovalDecision[] = ["allow-once", "allow-always", "deny"];
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom(...decisions), (any, decision) => {
        const value = pressValue(any, decision);
        if (value !== null) {
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(60);
          expect(readPress(value)).toEqual({ id: any, decision });
        }
        if (!any.startsWith("apr:")) expect(readPress(any)).toBeNull();
      }),
    );
  });

  it.each([
    [{ decision: "deny", resolvedBy: "Anna\n(telegram:default:1)" }, "Denied by Anna (telegram:default:1)."],
    [{ decision: "allow-always", resolvedBy: null }, "Allowed from now on."],
    [{ decision: "deny", resolvedBy: "the run ended" }, "No longer needed: the run ended."],
    [{}, "Nobody answered in time: not run."],
  ] as const)("ends as %j", (change, words) => {
    expect(closingOf(record("ls", change), 4000)).toBe(`${words}\n\n\`\`\`\nls\n\`\`\``);
  });
});
