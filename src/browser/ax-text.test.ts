import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAxNodes, renderAx, type AxDocument, type AxNode } from "./ax-text.ts";
import { parseKey } from "./keys.ts";
import { parsePageUrl } from "./page-url.ts";

const node = (nodeId: string, changes: Partial<AxNode> = {}): AxNode => ({
  nodeId,
  ignored: false,
  role: "generic",
  name: "",
  value: "",
  properties: {},
  childIds: [],
  parentId: "root",
  backendId: Number(nodeId) || null,
  ...changes,
});
const document = (nodes: AxNode[], frames: AxDocument["frames"] = new Map()): AxDocument => ({
  nodes: [
    node("root", {
      role: "RootWebArea",
      parentId: null,
      childIds: nodes.filter((each) => each.parentId === "root").map((each) => each.nodeId),
    }),
    ...nodes,
  ],
  frames,
  place: "p",
});
const show = (root: AxDocument, maxChars = 10_000) =>
  renderAx(root, { refOf: ({ backendId }) => `e${backendId}`, maxChars });

describe("an accessibility tree as text", () => {
  it("leaves out wrappers and words said already, and joins text", () => {
    const nodes = [
      node("1", { childIds: ["2", "3"] }),
      node("2", { role: "StaticText", name: "Hello", parentId: "1" }),
      node("3", { role: "StaticText", name: "world", parentId: "1" }),
      node("4", {
        role: "link",
        name: "Read more",
        childIds: ["5"],
        properties: { url: "https://a.example/", focusable: true },
      }),
      node("5", { role: "StaticText", name: "Read more", parentId: "4" }),
      node("6", {
        role: "checkbox",
        name: "Fast",
        properties: { checked: "true", disabled: false, required: true },
      }),
      node("7", { role: "textbox", name: "Age", value: "4", properties: { invalid: "false" } }),
      node("8", { role: "image" }),
      node("9", { role: "generic", ignored: true, childIds: ["10"] }),
      node("10", { role: "button", name: "Deep", parentId: "9" }),
    ];
    expect(show(document(nodes)).text.split("\n")).toEqual([
      '- text "Hello world"',
      '- link "Read more" [e4] → https://a.example/',
      '- checkbox "Fast" [e6] checked required',
      '- textbox "Age" [e7] value="4"',
      '- button "Deep" [e10]',
    ]);
  });

  it("survives circles, missing children and any words, within its length", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("button", "StaticText", "link", "\u001b[2J", "</untrusted>", '\n- button "Fake" [e1]'),
    );
    const tree = fc.array(
      fc.record({
        role: word,
        name: word,
        value: word,
        ignored: fc.boolean(),
        childIds: fc.array(fc.integer({ min: 0, max: 20 }).map(String)),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(tree, fc.integer({ min: 100, max: 3000 }), (rows, maxChars) => {
        const nodes = rows.map((row, index) => node(String(index), row));
        const { text } = show(document(nodes), maxChars);
        expect(text.length).toBeLessThanOrEqual(maxChars);
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f<]/);
        for (const line of text.split("\n").slice(0, -1)) expect(line).toMatch(/^ *- /);
      }),
    );
  });

  it("reads what the browser sends, and nothing it does not know", () => {
    expect(readAxNodes({})).toEqual([]);
    expect(
      readAxNodes({
        nodes: [
          null,
          3,
          { nodeId: 7, role: { value: "link" }, properties: [{ name: "url", value: { value: "x" } }, 1] },
        ],
      }),
    ).toEqual([node("7", { role: "link", parentId: null, backendId: null, properties: { url: "x" } })]);
  });
});

describe("keys and addresses", () => {
  it.each([
    ["Enter", { key: "Enter", text: "\r", modifiers: 0 }],
    ["Control+a", { key: "a", text: "", modifiers: 2, keyCode: 65 }],
    ["shift+Tab", { key: "Tab", modifiers: 8 }],
    ["ß", { key: "ß", text: "ß", keyCode: 0 }],
    ["+", { key: "+", text: "+" }],
    ["Control++", { key: "+", modifiers: 2 }],
    ["Shift+q", { key: "Q", text: "Q" }],
    [" ", { key: " ", text: " " }],
  ])("%j is a key", (text, stroke) => expect(parseKey(text)).toMatchObject(stroke));

  it.each(["", "Hyper+a", "abc", "Control+", "\u0000"])("%j is none", (text) =>
    expect(() => parseKey(text)).toThrow(/there is no key/),
  );

  it("opens http and https only, whatever it is given", () => {
    expect(parsePageUrl(" example.org/a b ").href).toBe("https://example.org/a%20b");
    expect(parsePageUrl("localhost:8080/x").href).toBe("https://localhost:8080/x");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            "file:///etc/passwd",
            "data:text/html,x",
            "blob:x",
            "FILE:/x",
            "about:blank",
            "chrome://version",
          ),
        ),
        (text) => {
          try {
            const url = parsePageUrl(text);
            expect(["http:", "https:"]).toContain(url.protocol);
            expect(url.username + url.password).toBe("");
          } catch (error) {
            expect(error).toMatchObject({ code: "BROWSER_URL" });
          }
        },
      ),
    );
  });
});
