/** A page as text: title and main content where it can be told from the rest. */
export interface PageText {
  title: string | null;
  text: string;
}

/** Elements whose text is not for readers. */
const silent = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "IFRAME", "HEAD", "OBJECT"]);
const blocks = new Set(
  "ADDRESS ARTICLE ASIDE BLOCKQUOTE DIV DL DT DD FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TR UL".split(
    " ",
  ),
);

/** HTML to readable text; libraries are loaded on first use. `url` makes links absolute. */
export async function pageText(
  html: string,
  options: { url: string; mode: "markdown" | "text" },
): Promise<PageText> {
  const [{ parseHTML }, { Readability }] = await Promise.all([
    import("linkedom"),
    import("@mozilla/readability"),
  ]);
  const { document } = parseHTML(html);
  const title = document.title?.trim() || null;
  const whole = render(document.body ?? document.documentElement, options);
  // Readability rewrites the tree it is given.
  const copy = parseHTML(html).document;
  let article: string | null = null;
  try {
    const found = new Readability(copy, { maxElemsToParse: 50_000 }).parse();
    if (found?.content)
      article = render(parseHTML(`<html><body>${found.content}</body></html>`).document.body, options);
  } catch {
    // Pages it cannot make sense of are shown whole.
    article = null;
  }
  const useful = article !== null && article.length > 200 && article.length > whole.length / 20;
  return { title, text: useful && article !== null ? article : whole };
}

interface DomNode {
  nodeType: number;
  nodeName: string;
  textContent: string | null;
  childNodes: Iterable<DomNode>;
  getAttribute?(name: string): string | null;
}

function render(root: unknown, options: { url: string; mode: "markdown" | "text" }): string {
  const markdown = options.mode === "markdown";
  const parts: string[] = [];
  // Depth is bounded by our own stack: pages nest as deep as they like.
  const stack: Array<DomNode | string> = root ? [root as DomNode] : [];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === "string") parts.push(node);
    else if (node.nodeType === 3) parts.push((node.textContent ?? "").replaceAll(/\s+/g, " "));
    else if (node.nodeType === 1 && !silent.has(node.nodeName.toUpperCase())) {
      const [before, after] = frame(node, markdown, options.url);
      stack.push(after, ...[...node.childNodes].reverse(), before);
    }
  }
  return parts
    .join("")
    .replaceAll(/[ \t]*\n[ \t]*/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .replaceAll(/ {2,}/g, " ")
    .trim();
}

function frame(node: DomNode, markdown: boolean, base: string): [string, string] {
  const name = node.nodeName.toUpperCase();
  if (name === "BR") return ["\n", ""];
  if (name === "LI") return ["\n- ", ""];
  if (name === "TD" || name === "TH") return [" ", " |"];
  if (markdown) {
    const level = /^H([1-6])$/.exec(name)?.[1];
    if (level) return [`\n\n${"#".repeat(Number(level))} `, "\n\n"];
    if (name === "CODE" && !(node.textContent ?? "").includes("\n")) return ["`", "`"];
    if (name === "STRONG" || name === "B") return ["**", "**"];
    if (name === "A") {
      const href = node.getAttribute?.("href");
      const target = href && URL.canParse(href, base) ? new URL(href, base) : null;
      const useful =
        target &&
        (target.protocol === "https:" || target.protocol === "http:") &&
        (node.textContent ?? "").trim() !== "";
      return useful ? ["[", `](${target.href})`] : ["", ""];
    }
  }
  return blocks.has(name) ? ["\n\n", "\n\n"] : ["", ""];
}
