import { allMessages } from "./history.ts";
import { itemsOf, type Part } from "./items.ts";

/** Saves a whole conversation to a file of the browser's. */
export async function exportConversation(sessionKey: string, form: "markdown" | "json"): Promise<void> {
  const messages = await allMessages(sessionKey);
  const name = sessionKey.replaceAll(/[^\w.-]+/g, "-");
  if (form === "json") {
    save(`${name}.json`, "application/json", `${JSON.stringify(messages, null, 2)}\n`);
    return;
  }
  const text = itemsOf(messages)
    .map(
      ({ role, at, parts }) =>
        `## ${role}, ${new Date(at).toISOString()}\n\n${parts.map(written).join("\n\n")}\n`,
    )
    .join("\n");
  save(`${name}.md`, "text/markdown", text);
}

function written(part: Part): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "thinking":
      return part.text.replaceAll(/^/gm, "> ");
    case "file":
      return `(${part.mimeType}, ${part.bytes} bytes)`;
    case "tool":
      return `\`${part.tool.name}\`\n\n${fenced(JSON.stringify(part.tool.input, null, 2) ?? "")}\n\n${fenced(part.tool.output ?? "")}`;
  }
}

/** A fence longer than any inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

function save(fileName: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
