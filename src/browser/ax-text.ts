import { isObject } from "../core/json.ts";
import { quoteLabel } from "../core/untrusted.ts";

/** A node of `Accessibility.getFullAXTree`, as far as it is used. */
export interface AxNode {
  nodeId: string;
  ignored: boolean;
  role: string;
  name: string;
  value: string;
  properties: Readonly<Record<string, unknown>>;
  childIds: readonly string[];
  parentId: string | null;
  backendId: number | null;
}

/** One document with the documents of its frames, by the backend id of the frame's element. */
export interface AxDocument {
  nodes: readonly AxNode[];
  frames: ReadonlyMap<number, AxDocument>;
  /** Where its elements are reached: an opaque name. */
  place: string;
}

/** Most lines, whatever the characters are. */
const maxLines = 4000;
const maxNameChars = 300;

/** Passed over; their children take their place. */
const transparent = new Set([
  "none",
  "generic",
  "paragraph",
  "section",
  "sectionheader",
  "sectionfooter",
  "labeltext",
  "legend",
  "rootwebarea",
  "inlinetextbox",
  "linebreak",
  "listmarker",
  "menulistpopup",
  "layouttable",
  "layouttablerow",
  "layouttablecell",
  "strong",
  "emphasis",
  "mark",
  "abbr",
  "time",
]);
const interactive = new Set([
  "button",
  "checkbox",
  "colorwell",
  "combobox",
  "date",
  "datetime",
  "disclosuretriangle",
  "inputtime",
  "link",
  "listbox",
  "menuitem",
  "menuitemcheckbox",
  "menuitemradio",
  "menulistoption",
  "option",
  "radio",
  "searchbox",
  "slider",
  "spinbutton",
  "switch",
  "tab",
  "textbox",
  "treeitem",
]);
/** Lines of their own even without a name. */
const landmarks = new Set([
  "alertdialog",
  "alert",
  "dialog",
  "form",
  "iframe",
  "main",
  "navigation",
  "row",
  "search",
  "table",
]);
const states = [
  "level",
  "checked",
  "disabled",
  "expanded",
  "selected",
  "pressed",
  "required",
  "readonly",
  "invalid",
];

interface Item {
  node: AxNode;
  document: AxDocument;
  depth: number;
  /** Name of the nearest ancestor that has one: text that only repeats it is left out. */
  said: string;
}

/**
 * Accessibility tree as indented lines, `- button "Send" [e4] disabled`; `refOf` names elements that something can be
 * done with. Time and length are bounded: the tree is a stranger's.
 */
export function renderAx(
  root: AxDocument,
  options: { refOf: (element: { place: string; backendId: number }) => string; maxChars: number },
): { text: string; cut: boolean } {
  const lines: string[] = [];
  let chars = 0;
  const open: { text: string; depth: number } = { text: "", depth: 0 };
  const flush = () => {
    if (open.text !== "") write(open.depth, `text ${quoteLabel(open.text, 1000)}`);
    open.text = "";
  };
  const write = (depth: number, line: string) => {
    const whole = `${"  ".repeat(Math.min(depth, 20))}- ${line}`;
    lines.push(whole);
    chars += whole.length + 1;
  };
  const stack: Item[] = [];
  const byId = new Map<AxDocument, Map<string, AxNode>>();
  const push = (document: AxDocument, ids: readonly string[], at: { depth: number; said: string }) => {
    const known = index(byId, document);
    for (const id of [...ids].reverse()) {
      const node = known.get(id);
      if (node) stack.push({ node, document, ...at });
    }
  };
  const pushRoot = (document: AxDocument, at: { depth: number; said: string }) =>
    push(
      document,
      document.nodes.filter((node) => node.parentId === null).map((node) => node.nodeId),
      at,
    );

  pushRoot(root, { depth: 0, said: "" });
  const seen = new Set<AxNode>();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { node, document, depth, said } = item;
    if (seen.has(node)) continue;
    seen.add(node);
    if (chars > options.maxChars || lines.length >= maxLines) break;
    const role = node.role
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, "")
      .slice(0, 40);
    const name = node.name.trim();
    if (role === "statictext" && !node.ignored) {
      if (name === "" || said.includes(name)) continue;
      if (open.text !== "" && open.depth === depth && open.text.length < 900) open.text += ` ${name}`;
      else {
        flush();
        open.text = name;
        open.depth = depth;
      }
      continue;
    }
    const frame = node.backendId === null ? undefined : document.frames.get(node.backendId);
    const useful =
      !node.ignored &&
      (interactive.has(role) ||
        frame !== undefined ||
        landmarks.has(role) ||
        (!transparent.has(role) && name !== "") ||
        (node.properties["focusable"] === true && role !== "rootwebarea"));
    if (!useful) {
      push(document, node.childIds, { depth, said });
      continue;
    }
    flush();
    write(depth, lineOf(node, { role, name, place: document.place }, options.refOf));
    const below = { depth: depth + 1, said: name === "" ? said : name };
    if (frame) pushRoot(frame, below);
    // What an option or a field contains is its name and value.
    else if (role !== "option" && role !== "menulistoption" && role !== "textbox" && role !== "searchbox")
      push(document, node.childIds, below);
  }
  flush();
  const cut = stack.length > 0;
  return { text: lines.join("\n").slice(0, options.maxChars), cut };
}

function lineOf(
  node: AxNode,
  { role, name, place }: { role: string; name: string; place: string },
  refOf: (element: { place: string; backendId: number }) => string,
): string {
  const parts = [role];
  if (name !== "") parts.push(quoteLabel(name, maxNameChars));
  const reachable =
    interactive.has(role) ||
    node.properties["focusable"] === true ||
    node.properties["editable"] !== undefined;
  if (reachable && node.backendId !== null) parts.push(`[${refOf({ place, backendId: node.backendId })}]`);
  for (const state of states) {
    const value = node.properties[state];
    if (value === undefined || value === false || value === "false" || value === "") continue;
    parts.push(
      value === true || value === "true"
        ? state
        : `${state}=${typeof value === "number" ? value : quoteLabel(JSON.stringify(value), 40)}`,
    );
  }
  if (node.value !== "" && node.value !== name) parts.push(`value=${quoteLabel(node.value, maxNameChars)}`);
  const { url } = node.properties;
  if (role === "link" && typeof url === "string" && url !== "")
    parts.push(`→ ${quoteLabel(url, maxNameChars).slice(1, -1)}`);
  return parts.join(" ");
}

function index(cache: Map<AxDocument, Map<string, AxNode>>, document: AxDocument): Map<string, AxNode> {
  let known = cache.get(document);
  if (!known) cache.set(document, (known = new Map(document.nodes.map((node) => [node.nodeId, node]))));
  return known;
}

/** Nodes as the browser sends them. */
export function readAxNodes(answer: Record<string, unknown>): AxNode[] {
  const nodes = Array.isArray(answer["nodes"]) ? answer["nodes"].filter(isObject) : [];
  return nodes.map((node) => ({
    nodeId: String(node["nodeId"]),
    ignored: node["ignored"] === true,
    role: wordOf(node["role"]),
    name: wordOf(node["name"]),
    value: wordOf(node["value"]),
    properties: Object.fromEntries(
      (Array.isArray(node["properties"]) ? node["properties"].filter(isObject) : []).map((property) => [
        String(property["name"]),
        isObject(property["value"]) ? property["value"]["value"] : undefined,
      ]),
    ),
    childIds: Array.isArray(node["childIds"]) ? node["childIds"].map(String) : [],
    parentId: typeof node["parentId"] === "string" ? node["parentId"] : null,
    backendId: typeof node["backendDOMNodeId"] === "number" ? node["backendDOMNodeId"] : null,
  }));
}

function wordOf(value: unknown): string {
  const inner = isObject(value) ? value["value"] : undefined;
  return typeof inner === "string" ? inner : typeof inner === "number" ? String(inner) : "";
}
