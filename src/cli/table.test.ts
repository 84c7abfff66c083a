import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderPairs, renderTable } from "./table.ts";
import { displayWidth } from "./terminal.ts";

const plain = (t: string) => t;

describe("tables", () => {
  const rows = [
    { key: "agent:main:main", updated: "3m ago", label: "" },
    { key: "agent:main:project-notes", updated: "2d ago", label: "notes about the big project" },
  ];

  it("align their columns", () => {
    expect(renderTable(rows, { width: 100, bold: plain }).join("\n")).toMatchInlineSnapshot(`
      "KEY                       UPDATED  LABEL
      agent:main:main           3m ago
      agent:main:project-notes  2d ago   notes about the big project"
    `);
  });

  it("cut the widest columns to fit a narrow terminal", () => {
    expect(renderTable(rows, { width: 40, bold: plain }).join("\n")).toMatchInlineSnapshot(`
      "KEY             UPDATED  LABEL
      agent:main:ma…  3m ago
      agent:main:pr…  2d ago   notes about th…"
    `);
  });

  it("become blocks where no table fits", () => {
    expect(renderTable(rows, { width: 12, bold: plain }).join("\n")).toMatchInlineSnapshot(`
      "key: agent:main:main
      updated: 3m ago
      label: 

      key: agent:main:project-notes
      updated: 2d ago
      label: notes about the big project"
    `);
  });

  it("stay within the width for any content", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.string({ unit: "grapheme" }), b: fc.string(), c: fc.string() }), {
          minLength: 1,
        }),
        fc.integer({ min: 22, max: 120 }),
        (content, width) => {
          for (const line of renderTable(content, { width, bold: plain }))
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it("print nothing without rows", () => {
    expect(renderTable([], { width: 80, bold: plain })).toEqual([]);
  });
});

it("pairs align at column 18 and give way to longer keys", () => {
  expect(
    renderPairs([
      ["Config (cli)", "profile=default"],
      ["Config (service)", "profile=default"],
      ["Last gateway error", "(none)"],
    ]).join("\n"),
  ).toMatchInlineSnapshot(`
    "Config (cli):     profile=default
    Config (service): profile=default
    Last gateway error: (none)"
  `);
});
