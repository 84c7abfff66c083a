import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createToolBench, type ToolBench } from "../../../test/support/tool-bench.ts";
import { matchGlob } from "../tool-kit/glob.ts";

let bench: ToolBench;
const stored: Uint8Array[] = [];
beforeEach(async () => {
  stored.length = 0;
  bench = await createToolBench({ putMedia: async (_, bytes) => `d${stored.push(bytes)}` });
});
afterEach(() => bench.stop());
const put = (path: string, text: string | Uint8Array) => {
  mkdirSync(join(bench.workspaceDir, path, ".."), { recursive: true });
  writeFileSync(join(bench.workspaceDir, path), text);
};
const get = (path: string) => readFileSync(join(bench.workspaceDir, path), "utf8");

describe("read", () => {
  test("numbers lines, pages, and says what follows", async () => {
    put("a.txt", Array.from({ length: 30 }, (_, at) => `line ${at + 1}`).join("\n"));
    expect((await bench.call("read", { path: "a.txt", offset: 29 })).text).toBe("29\tline 29\n30\tline 30");
    expect((await bench.call("read", { path: "a.txt", limit: 2 })).text).toBe(
      "1\tline 1\n2\tline 2\n(more follows: read again with offset 3)",
    );
    expect((await bench.call("read", { path: "a.txt", offset: 99 })).text).toContain("has 30 lines");
    put("empty", "");
    expect((await bench.call("read", { path: "empty" })).text).toBe("(the file is empty)");
  });
  test("large files and characters across pieces come out whole", async () => {
    put("big", `${"é".repeat(999)}\n`.repeat(1000));
    const { text } = await bench.call("read", { path: "big", offset: 700, limit: 3 });
    expect(text.split("\n").slice(0, 3)).toEqual(
      [700, 701, 702].map((line) => `${line}\t${"é".repeat(999)}`),
    );
  });
  test("binary files are named, images are shown", async () => {
    put("x.bin", new Uint8Array([1, 0, 2]));
    expect(await bench.call("read", { path: "x.bin" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("application/octet-stream, 3 B"),
    });
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);
    put("x.txt", png);
    expect((await bench.call("read", { path: "x.txt" })).output.content[1]).toEqual({
      type: "image",
      digest: "d1",
      mimeType: "image/png",
      bytes: 10,
    });
  });
  test("nothing outside the workspace can be read or written by any file tool", async () => {
    writeFileSync(join(bench.base, "secret"), "secret");
    symlinkSync("../secret", join(bench.workspaceDir, "link"));
    for (const path of ["../secret", "/etc/passwd", "link", join(bench.base, "secret")]) {
      for (const [tool, input] of [
        ["read", { path }],
        ["write", { path, content: "x" }],
        ["edit", { path, old_text: "s", new_text: "x" }],
        ["ls", { path }],
        ["grep", { path, pattern: "s" }],
        ["find", { path, pattern: "*" }],
        ["apply_patch", { patch: `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch` }],
        ["apply_patch", { patch: `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch` }],
      ] as const) {
        const { isError, text } = await bench.call(tool, input);
        expect([tool, path, isError]).toEqual([tool, path, true]);
        expect(text).not.toContain("root:");
      }
    }
    expect(readFileSync(join(bench.base, "secret"), "utf8")).toBe("secret");
  });
});

test("what limits the agent is out of reach even inside its workspace", async () => {
  const limited = await createToolBench();
  mkdirSync(join(limited.workspaceDir, "state"));
  const other = await createToolBench({ denied: [join(limited.workspaceDir, "state")] });
  const where = { workspaceDir: limited.workspaceDir };
  expect((await other.call("write", { path: "state/openclaw.json", content: "{}" }, where)).isError).toBe(
    true,
  );
  expect((await other.call("write", { path: "free", content: "{}" }, where)).isError).toBe(false);
  await other.stop();
  await limited.stop();
});

test("write makes folders; edit needs one exact match and keeps line ends", async () => {
  expect((await bench.call("write", { path: "d/e.txt", content: "one\ntwo\none\n" })).text).toBe(
    "created d/e.txt (12 B)",
  );
  expect((await bench.call("edit", { path: "d/e.txt", old_text: "one", new_text: "1" })).text).toContain(
    "2 times in d/e.txt (lines 1, 3)",
  );
  expect((await bench.call("edit", { path: "d/e.txt", old_text: "nine", new_text: "1" })).isError).toBe(true);
  expect((await bench.call("edit", { path: "d/e.txt", old_text: "two", new_text: "$&$1" })).text).toBe(
    "changed d/e.txt at line 2",
  );
  await bench.call("edit", { path: "d/e.txt", old_text: "one", new_text: "1", replace_all: true });
  expect(get("d/e.txt")).toBe("1\n$&$1\n1\n");
  put("crlf.txt", "a\r\nb\r\n");
  await bench.call("edit", { path: "crlf.txt", old_text: "a\nb", new_text: "c\nd" });
  expect(get("crlf.txt")).toBe("c\r\nd\r\n");
});

describe("apply_patch", () => {
  const patch = (body: string) =>
    bench.call("apply_patch", { patch: `*** Begin Patch\n${body}\n*** End Patch` });
  test("adds, changes, moves and deletes", async () => {
    put("a.txt", "one\ntwo\nthree\n");
    put("b.txt", "x\n");
    put("c.txt", "def f():\n    return 1\n\ndef g():\n    return 1\n");
    const { text } = await patch(
      "*** Add File: new/n.txt\n+hello\n+\n*** Update File: a.txt\n@@\n one\n-two\n+2\n three\n*** Delete File: b.txt\n*** Update File: c.txt\n*** Move to: d.txt\n@@ def g():\n-    return 1\n+    return 2",
    );
    expect(text).toBe("created new/n.txt\nchanged a.txt\ndeleted b.txt\nchanged c.txt, now d.txt");
    expect([get("new/n.txt"), get("a.txt"), get("d.txt")]).toEqual([
      "hello\n\n",
      "one\n2\nthree\n",
      "def f():\n    return 1\n\ndef g():\n    return 2\n",
    ]);
    expect([
      existsSync(join(bench.workspaceDir, "b.txt")),
      existsSync(join(bench.workspaceDir, "c.txt")),
    ]).toEqual([false, false]);
  });
  test("is all or nothing", async () => {
    put("a.txt", "one\n");
    for (const body of [
      "*** Update File: a.txt\n-one\n+1\n*** Update File: missing\n-x\n+y",
      "*** Update File: a.txt\n-one\n+1\n*** Update File: a.txt\n-1\n+2",
      "*** Add File: a.txt\n+x",
      "*** Update File: a.txt\n-other\n+1",
      "*** Rename File: a.txt",
      "*** Update File: a.txt\n?what",
      "*** Add File: n\nno plus",
      "",
    ]) {
      expect([body, (await patch(body)).isError]).toEqual([body, true]);
    }
    expect((await bench.call("apply_patch", { patch: "diff --git" })).isError).toBe(true);
    expect(get("a.txt")).toBe("one\n");
    expect(existsSync(join(bench.workspaceDir, "n"))).toBe(false);
  });
  test("a hunk at the end of the file and one without context", async () => {
    put("a.txt", "x\ny\nx\n");
    await patch("*** Update File: a.txt\n@@\n-x\n+end\n*** End of File");
    expect(get("a.txt")).toBe("x\ny\nend\n");
    await patch("*** Update File: a.txt\n@@\n+more");
    expect(get("a.txt")).toBe("x\ny\nend\nmore\n");
  });
});

describe("looking around", () => {
  beforeEach(() => {
    put("src/a.ts", "const x = 1;\nfoo(bar);\n");
    put("src/deep/b.ts", "foo.bar\n");
    put("node_modules/m/c.ts", "foo\n");
    put("pic", new Uint8Array([0, 102, 111, 111]));
  });
  test("ls", async () => {
    expect((await bench.call("ls", {})).text).toBe("node_modules/\npic (4 B)\nsrc/");
    expect((await bench.call("ls", { path: "src" })).text).toBe("a.ts (23 B)\ndeep/");
    expect((await bench.call("ls", { limit: 1 })).text).toContain("more entries");
  });
  test("find", async () => {
    expect((await bench.call("find", { pattern: "*.ts" })).text).toBe("src/a.ts\nsrc/deep/b.ts");
    expect((await bench.call("find", { pattern: "src/**/b.*" })).text).toBe("src/deep/b.ts");
    expect((await bench.call("find", { pattern: "c.ts", include_ignored: true })).text).toBe(
      "node_modules/m/c.ts",
    );
    expect((await bench.call("find", { pattern: "**/*.ts", path: "src" })).text).toBe(
      "src/a.ts\nsrc/deep/b.ts",
    );
    expect((await bench.call("find", { pattern: "zzz" })).text).toContain("nothing matches");
  });
  test("grep takes text literally, regex when asked, and cannot be hung", async () => {
    expect((await bench.call("grep", { pattern: "foo.bar" })).text).toBe("src/deep/b.ts:1: foo.bar");
    expect((await bench.call("grep", { pattern: "foo.bar", regex: true })).text).toBe(
      "src/a.ts:2: foo(bar);\nsrc/deep/b.ts:1: foo.bar",
    );
    expect(
      (
        await bench.call("grep", {
          pattern: "FOO",
          ignore_case: true,
          glob: "*.ts",
          path: "src/a.ts",
          context: 1,
        })
      ).text,
    ).toBe("src/a.ts-1- const x = 1;\nsrc/a.ts:2: foo(bar);\nsrc/a.ts-3- ");
    expect((await bench.call("grep", { pattern: "(", regex: true })).text).toContain(
      "not a regular expression",
    );
    expect((await bench.call("grep", { pattern: "nothing" })).text).toContain("no line contains");
    put("evil.txt", `${"a".repeat(5000)}!`);
    const clock = { ...bench.context().clock };
    const startedAt = clock.monotonic();
    expect((await bench.call("grep", { pattern: "(a+)+$", regex: true })).text).toContain("takes too long");
    expect(clock.monotonic() - startedAt).toBeLessThan(12_000);
  });
  test("globs match as written", () => {
    const table: Array<[string, string, boolean]> = [
      ["*.ts", "a/b/c.ts", true],
      ["a/*.ts", "a/b/c.ts", false],
      ["a/**/*.ts", "a/c.ts", true],
      ["**", "x/y", true],
      ["**/y", "x/y", true],
      ["a?c", "abc", true],
      ["a?c", "ac", false],
      ["[a]", "a", false],
      ["[a]", "[a]", true],
      ["./a/b", "a/b", true],
    ];
    expect(table.map(([pattern, path]) => matchGlob(pattern, path))).toEqual(
      table.map(([, , wanted]) => wanted),
    );
    fc.assert(
      fc.property(
        fc.stringMatching(/^[abc.]{1,12}$/),
        (name) => matchGlob(name, name) && matchGlob("*", name) && matchGlob(`${name.slice(0, 1)}*`, name),
      ),
    );
    expect(matchGlob(`${"*a".repeat(200)}b`, "a".repeat(4000))).toBe(false);
  });
});
