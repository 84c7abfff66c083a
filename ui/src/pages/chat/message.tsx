import type { JSX } from "preact";
import { memo } from "preact/compat";
import { CopyButton } from "../../components/copy-button.tsx";
import { format } from "../../i18n/index.ts";
import { Markdown } from "../../text/markdown.tsx";
import { t } from "./chat-text.ts";
import { wordsOf, type Item, type Part, type ToolCard } from "./items.ts";

const longestArguments = 160;

/** One message of the history. What is drawn once stays, however long the conversation grows. */
export const Message = memo(function Message({
  item,
  onEdit,
}: {
  item: Item;
  onEdit: (text: string) => void;
}): JSX.Element {
  const words = wordsOf(item);
  const who = item.role === "user" ? t("you") : item.role === "note" ? t("note") : t("assistant");
  return (
    <article
      class={`turn ${item.role}`}
      data-entry={item.entry ?? undefined}
      tabIndex={-1}
      aria-label={`${who}, ${format.dateTime(item.at)}`}
    >
      {item.parts.map((part, index) => (
        <PartView key={index} part={part} />
      ))}
      {item.error === null ? null : <div class="failure">{item.error}</div>}
      {words === "" ? null : (
        <footer>
          <time dateTime={new Date(item.at).toISOString()} title={format.dateTime(item.at)}>
            {format.time(item.at)}
          </time>
          {item.role === "user" ? (
            <button type="button" class="quiet small" onClick={() => onEdit(words)}>
              {t("again")}
            </button>
          ) : (
            <CopyButton text={words} />
          )}
        </footer>
      )}
    </article>
  );
});

export function PartView({ part }: { part: Part }): JSX.Element {
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} />;
    case "thinking":
      return (
        <details class="thinking">
          <summary>{t("thinking")}</summary>
          <Markdown text={part.text} />
        </details>
      );
    case "file":
      return (
        <p class="soft">
          🖼 {part.mimeType}, {t("image", { size: format.bytes(part.bytes) })}
        </p>
      );
    case "tool":
      return <Tool tool={part.tool} />;
  }
}

function Tool({ tool }: { tool: ToolCard }): JSX.Element {
  const short = tool.input === undefined ? "" : JSON.stringify(tool.input).slice(0, longestArguments);
  return (
    <details class={`tool ${tool.state}`}>
      <summary>
        <span class="mark" aria-hidden="true">
          {tool.state === "running" ? "…" : tool.state === "done" ? "✓" : "✕"}
        </span>
        <strong>{tool.name || t("output")}</strong>
        <span class="arguments">{short}</span>
        <span class="soft">
          {tool.durationMs === null ? t(tool.state) : format.duration(tool.durationMs)}
        </span>
      </summary>
      {tool.input === undefined ? null : (
        <>
          <p class="label">{t("input")}</p>
          <pre tabIndex={0}>{JSON.stringify(tool.input, null, 2)}</pre>
        </>
      )}
      {tool.output === null ? null : (
        <>
          <p class="label">{t("output")}</p>
          <pre tabIndex={0}>{tool.output}</pre>
        </>
      )}
    </details>
  );
}
