import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCommand, quoteWord, visibleText } from "./shell-grammar.ts";

describe("accepted", () => {
  const table: Array<[string, string[][]]> = [
    ["ls -la", [["ls", "-la"]]],
    ["  git  log --format='%h %s'  ", [["git", "log", "--format=%h %s"]]],
    [`echo "a b"'c d'e ''`, [["echo", "a bc de", ""]]],
    ["a|b&&c||d;e;", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    ["printf '%s\n' '$HOME' '`id`'", [["printf", "%s\n", "$HOME", "`id`"]]],
  ];
  for (const [text, expected] of table) {
    test(text, () => {
      const parsed = parseCommand(text);
      expect(parsed.kind === "simple" ? parsed.commands.map((command) => command.argv) : parsed).toEqual(
        expected,
      );
    });
  }
});

describe("opaque", () => {
  for (const text of [
    "",
    " ",
    ";",
    "a;;b",
    "a &",
    "a & b",
    "a |& b",
    "|a",
    "a|",
    "a &&",
    "a\nb",
    "a $HOME",
    "a $(id)",
    "a `id`",
    'a "$(id)"',
    'a "`id`"',
    'a "\\$x"',
    "a \\\n b",
    "a > f",
    "a 2>&1",
    "a < f",
    "a <<EOF\nx\nEOF",
    "a <(b)",
    "(a)",
    "{ a; }",
    "a *",
    "a ?",
    "a [x]",
    "a ~",
    "a {b,c}",
    "a # c",
    "a !x",
    'a "!x"',
    "X=1 a",
    "X=1",
    "'X=1' a",
    "if a; then b; fi",
    "! a",
    "time a",
    "cd /",
    "cd x && rm y",
    "eval a",
    ". f",
    "source f",
    "exec a",
    "export X",
    "a 'open",
    'a "open',
    "a\0b",
    "a '\x1b[2J'",
    "a\u00a0b",
    "caf\u00e9 x",
    "a '\ud800'",
    "'' a",
    "function f",
    "[[ -f x ]]",
    "a\rb",
    `a ${"x".repeat(20_000)}`,
  ]) {
    test(JSON.stringify(text.slice(0, 40)), () => expect(parseCommand(text).kind).toBe("opaque"));
  }
});

test("prompts show what hides", () => {
  expect(visibleText("rm\u202e a\u200bb\u00a0c\u001b[1m\nx é 日本")).toBe(
    "rm\\u{202e} a\\u{200b}b\\u{a0}c\\u{1b}[1m\\n\nx é 日本",
  );
});

describe("against a real shell", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "grammar-"));
    mkdirSync(join(dir, "bin"));
    // Each writes its own argument list into a file of its own and ends as its name says.
    for (const [name, status] of [
      ["t", 0],
      ["f", 1],
    ] as const) {
      writeFileSync(
        join(dir, "bin", name),
        `#!/bin/sh\nout=$(/usr/bin/mktemp "$LOG/XXXXXXXX")\nprintf '%s\\0' ${name} "$@" > "$out"\nexit ${status}\n`,
        { mode: 0o755 },
      );
    }
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** The argument lists a shell must start, given that `t` succeeds and `f` fails. */
  function expected(text: string): string[][] | null {
    const parsed = parseCommand(text);
    if (parsed.kind === "opaque") return null;
    // Random words may hold a `|` and so name programs that do not exist.
    if (parsed.commands.some(({ argv }) => argv[0] !== "t" && argv[0] !== "f")) return null;
    const started: string[][] = [];
    let status = true;
    let running = true;
    for (const { joint, argv } of parsed.commands) {
      if (joint === ";" || joint === null) running = true;
      else if (joint === "&&") running = status;
      else if (joint === "||") running = !status;
      if (!running) continue;
      started.push(argv);
      status = argv[0] === "t";
    }
    return started;
  }

  const nasty = "ab -=%@+,./_:~*?[]{}()<>#!$`\\\"';&|\n\té\u00a0日^";
  const text = fc.string({ unit: fc.constantFrom(...Array.from(nasty)), maxLength: 8 });
  const piece = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from("abz09_@%+=:,./-")), minLength: 1, maxLength: 6 }),
    text.map((inside) => `'${inside.replaceAll("'", "")}'`),
    text.map((inside) => `"${inside.replaceAll(/[$`\\!"]/g, "")}"`),
    text.map(quoteWord),
    text,
  );
  const word = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(""));
  const simple = fc
    .tuple(
      fc.constantFrom("t", "f", "'t'", '"f"', "''t"),
      fc.array(word, { maxLength: 3 }),
      fc.constantFrom(" ", "  ", "\t"),
    )
    .map(([name, words, gap]) => [name, ...words].join(gap));
  const command = fc
    .tuple(
      simple,
      fc.array(fc.tuple(fc.constantFrom("|", "&&", "||", ";", " ; ", " | "), simple), { maxLength: 3 }),
      fc.constantFrom("", ";", " "),
    )
    .map(([first, rest, tail]) => first + rest.map(([joint, next]) => joint + next).join("") + tail);

  for (const shell of ["/bin/sh", "/bin/bash"]) {
    test(`${shell} runs exactly the argument lists computed`, () => {
      let runs = 0;
      fc.assert(
        fc.property(command, (source) => {
          const lists = expected(source);
          if (lists === null) return;
          runs++;
          const log = mkdtempSync(join(dir, "log-"));
          try {
            execFileSync(shell, ["-c", source], {
              env: { PATH: join(dir, "bin"), LOG: log },
              stdio: "ignore",
              timeout: 5000,
            });
          } catch {
            // The last program may be `f`.
          }
          const ran = readdirSync(log).map((name) =>
            readFileSync(join(log, name), "utf8").split("\0").slice(0, -1),
          );
          const sorted = (all: string[][]) => all.map((argv) => JSON.stringify(argv)).sort();
          expect(sorted(ran)).toEqual(sorted(lists));
          rmSync(log, { recursive: true });
        }),
        { numRuns: 250 },
      );
      expect(runs).toBeGreaterThan(20);
    }, 60_000);
  }
});
