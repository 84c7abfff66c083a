// Draws a conversation: what the history says, and the turn that is being said.

import { byId, make } from "./dom.js";
import { renderMarkdown } from "./markdown.js";

const log = byId("log");
const longestArgs = 160;

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;

// An approval or a growing message box takes room from below: who read the end still reads it.
let readsEnd = true;
log.addEventListener("scroll", () => (readsEnd = atEnd()));
new ResizeObserver(() => {
  if (readsEnd) log.scrollTop = log.scrollHeight;
}).observe(log);

function keepingEnd(change) {
  const stay = atEnd();
  change();
  if (stay) log.scrollTop = log.scrollHeight;
}

function textBox(text) {
  const box = make("div", { className: "text" });
  box.append(renderMarkdown(text));
  return box;
}

function toolBox(name, args) {
  const short = args === undefined ? "" : JSON.stringify(args).slice(0, longestArgs);
  const mark = make("span", { className: "mark", text: "…", "aria-hidden": "true" });
  const summary = make(
    "summary",
    {},
    mark,
    make("strong", { text: name }),
    make("span", { className: "args", text: short }),
  );
  const box = make("details", { className: "tool" }, summary);
  if (args !== undefined) box.append(make("pre", { text: JSON.stringify(args, null, 2) }));
  return box;
}

function endTool(box, failed, output) {
  if (!box) return;
  box.classList.add(failed ? "failed" : "done");
  const mark = box.querySelector(".mark");
  if (mark) mark.textContent = failed ? "✕" : "✓";
  if (output) box.append(make("pre", { text: output }));
}

const plainText = (content) =>
  (content ?? [])
    .filter((block) => block.type === "text")
    .map((block) => block.text)
    .join("\n\n");

function drawMessage(message, tools) {
  if (message.role === "toolResult") {
    endTool(tools.get(message.toolCallId), message.isError, plainText(message.content));
    return null;
  }
  if (message.role === "user") {
    const box = make("div", { className: "turn user" }, textBox(plainText(message.content)));
    for (const block of message.content ?? []) {
      if (block.type === "image") box.append(make("p", { text: `🖼 ${block.mimeType ?? "image"}` }));
    }
    return box;
  }
  if (message.role === "system")
    return make("div", { className: "turn note", text: plainText(message.content) });
  const box = make("div", { className: "turn assistant" });
  for (const block of message.content ?? []) {
    if (block.type === "text" && block.text) box.append(textBox(block.text));
    if (block.type === "toolCall") {
      const tool = toolBox(block.name, block.arguments);
      tools.set(block.id, tool);
      box.append(tool);
    }
  }
  if (message.errorMessage) box.append(make("div", { className: "turn error", text: message.errorMessage }));
  return box.childNodes.length > 0 ? box : null;
}

/** Replaces everything by a history. */
export function showHistory(messages) {
  const tools = new Map();
  const boxes = messages.map((message) => drawMessage(message, tools)).filter((box) => box !== null);
  if (boxes.length === 0) {
    boxes.push(
      make(
        "div",
        { className: "empty" },
        make("img", { src: "icon.svg", alt: "", width: 56, height: 56 }),
        make("h1", { text: "What can I do for you?" }),
        make("p", { text: "Write below. Enter sends, Shift+Enter starts a new line, Esc stops an answer." }),
      ),
    );
  }
  log.replaceChildren(...boxes);
  log.scrollTop = log.scrollHeight;
}

export function showUser(text) {
  log.querySelector(".empty")?.remove();
  log.append(make("div", { className: "turn user" }, textBox(text)));
  log.scrollTop = log.scrollHeight;
}

export function showError(text) {
  keepingEnd(() => log.append(make("div", { className: "turn error", text, role: "alert" })));
}

/** The turn that is being said: text as it grows, tools as they work. Drawn at most once per frame. */
export function createLiveTurn() {
  const box = make("div", { className: "turn assistant working" });
  const tools = new Map();
  let current = null;
  let text = "";
  let frame = 0;
  keepingEnd(() => log.append(box));

  function draw() {
    frame = 0;
    keepingEnd(() => {
      current ??= box.appendChild(make("div", { className: "text" }));
      current.replaceChildren(renderMarkdown(text));
    });
  }

  return {
    /** `whole` is the text of the assistant message so far; a shorter one than before starts a new message. */
    say(whole, delta) {
      if (whole === delta && text !== "" && !whole.startsWith(text)) current = null;
      text = whole;
      frame ||= requestAnimationFrame(draw);
    },
    tool({ phase, name, toolCallId, args, isError, result }) {
      if (frame) {
        cancelAnimationFrame(frame);
        draw();
      }
      keepingEnd(() => {
        if (phase === "start") {
          const tool = toolBox(name, args);
          tools.set(toolCallId, tool);
          box.append(tool);
          current = null;
          text = "";
        }
        if (phase === "result") endTool(tools.get(toolCallId), isError, plainText(result?.content));
      });
    },
    remove() {
      if (frame) cancelAnimationFrame(frame);
      box.remove();
    },
  };
}
