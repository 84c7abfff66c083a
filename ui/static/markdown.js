// A small part of Markdown, drawn with elements and text nodes only: stored text can never become markup.

/** @param {string} text @returns {DocumentFragment} */
export function renderMarkdown(text) {
  const out = document.createDocumentFragment();
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const fence = /^\s*(```+|~~~+)/.exec(line);
    if (fence) {
      const body = [];
      at += 1;
      while (at < lines.length && !(lines[at] ?? "").trimStart().startsWith(fence[1] ?? "```")) {
        body.push(lines[at]);
        at += 1;
      }
      at += 1;
      const pre = document.createElement("pre");
      const code = document.createElement("code");
      code.textContent = body.join("\n");
      pre.append(code);
      out.append(pre);
      continue;
    }
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (heading) {
      out.append(withInline("h3", heading[1] ?? ""));
      at += 1;
      continue;
    }
    const list = /^\s*(?:[-*+]|\d{1,3}[.)])\s+/.exec(line);
    if (list) {
      const element = document.createElement(/\d/.test(list[0]) ? "ol" : "ul");
      while (at < lines.length) {
        const item = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$/.exec(lines[at] ?? "");
        if (!item) break;
        element.append(withInline("li", item[1] ?? ""));
        at += 1;
      }
      out.append(element);
      continue;
    }
    if (line.startsWith(">")) {
      const quoted = [];
      while (at < lines.length && (lines[at] ?? "").startsWith(">")) {
        quoted.push((lines[at] ?? "").replace(/^>\s?/, ""));
        at += 1;
      }
      out.append(withInline("blockquote", quoted.join("\n")));
      continue;
    }
    if (line.trim() === "") {
      at += 1;
      continue;
    }
    const paragraph = [];
    while (
      at < lines.length &&
      (lines[at] ?? "").trim() !== "" &&
      !/^\s*(```|~~~|#{1,6}\s|>|[-*+]\s)/.test(lines[at] ?? "")
    ) {
      paragraph.push(lines[at]);
      at += 1;
    }
    // A line that looked like the start of a block but was none still has to be said.
    if (paragraph.length === 0) {
      paragraph.push(line);
      at += 1;
    }
    out.append(withInline("p", paragraph.join("\n")));
  }
  return out;
}

function withInline(tag, text) {
  const element = document.createElement(tag);
  appendInline(element, text);
  return element;
}

const inline =
  /(`+)([^`]+)\1|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\n]+)\*(?!\w)|\[([^\]\n]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?])/g;

function appendInline(parent, text) {
  let from = 0;
  for (const match of text.matchAll(inline)) {
    appendLines(parent, text.slice(from, match.index));
    from = match.index + match[0].length;
    const [whole, , code, strong, emphasis, label, target, bare] = match;
    if (code !== undefined) parent.append(textElement("code", code));
    else if (strong !== undefined) parent.append(textElement("strong", strong));
    else if (emphasis !== undefined) parent.append(textElement("em", emphasis));
    else parent.append(link(label ?? bare ?? whole, target ?? bare ?? "") ?? document.createTextNode(whole));
  }
  appendLines(parent, text.slice(from));
}

function appendLines(parent, text) {
  for (const [index, line] of text.split("\n").entries()) {
    if (index > 0) parent.append(document.createElement("br"));
    if (line !== "") parent.append(line);
  }
}

function textElement(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** Only addresses a person can follow without surprises. */
function link(label, target) {
  let url;
  try {
    url = new URL(target);
  } catch {
    return null;
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return null;
  const element = document.createElement("a");
  element.href = url.href;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  element.textContent = label;
  return element;
}
