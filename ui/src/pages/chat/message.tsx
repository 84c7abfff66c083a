import type { JSX } from "preact";
import { memo } from "preact/compat";
import { CopyButton } from "../../components/copy-button.tsx";
import { format } from "../../i18n/index.ts";
import { Markdown } from "../../text/markdown.tsx";
import { Icon } from "../../components/icon.tsx";
import { may } from "../../gateway/scopes.ts";
import { approvals } from "./approval-state.ts";
import { editing } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import { RunFailed } from "./run-failed.tsx";
import { Versions } from "./edit.tsx";
import { wordsOf, type Item, type Part, type ToolCard } from "./items.ts";

const longestArguments = 160;

/** One message of the history. What is drawn once stays, however long the conversation grows. */
export const Message = memo(function Message({
  item,
  isPast = false,
}: {
  item: Item;
  /** Of an earlier version: to read only. */
  isPast?: boolean;
}): JSX.Element {
  const words = wordsOf(item);
  const { entry, version } = item;
  return (
    <article
      class={`turn ${item.role}`}
      data-entry={isPast ? undefined : (entry ?? undefined)}
      tabIndex={-1}
      aria-label={`${whoOf(item)}, ${format.dateTime(item.at)}`}
    >
      {item.parts.map((part, index) => (
        <PartView key={index} part={part} />
      ))}
      {item.error === null ? null : <RunFailed failure={item.error} />}
      {words === "" ? null : (
        <footer>
          <time dateTime={new Date(item.at).toISOString()} title={format.dateTime(item.at)}>
            {format.time(item.at)}
          </time>
          {item.role === "user" ? null : <CopyButton text={words} />}
          {isPast || entry === null || version < 2 ? null : (
            <Versions entry={entry} shown={version} of={version} />
          )}
          {item.canChange && !isPast && may("write") ? (
            <button
              type="button"
              class="quiet small edit-button"
              aria-label={t("editMessage")}
              title={t("editMessage")}
              onClick={() => (editing.value = entry === null ? null : { entry, text: words })}
            >
              <Icon name="edit" />
            </button>
          ) : null}
        </footer>
      )}
    </article>
  );
});

const whoOf = ({ role }: Item): string =>
  role === "user" ? t("you") : role === "note" ? t("note") : t("assistant");

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
  const waits = tool.state === "running" && tool.waitingFor !== null;
  return (
    <>
      <details class={`tool ${tool.state}`}>
        <summary>
          <span class="mark" aria-hidden="true">
            {waits ? "?" : tool.state === "running" ? "…" : tool.state === "done" ? "✓" : "✕"}
          </span>
          <strong>{tool.name || t("output")}</strong>
          <span class="arguments">{short}</span>
          <span class="soft">
            {waits
              ? t("waitsForPermission")
              : tool.durationMs === null
                ? t(tool.state)
                : format.duration(tool.durationMs)}
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
      {waits ? <WaysToDecide approval={tool.waitingFor ?? ""} /> : null}
    </>
  );
}

/** The way from a tool that waits to the question, for those who may answer it. */
function WaysToDecide({ approval }: { approval: string }): JSX.Element | null {
  if (!approvals.value.some(({ id }) => id === approval)) return null;
  return (
    <p class="waits">
      <button
        type="button"
        class="small"
        onClick={() => {
          const card = document.getElementById(`approval-${approval}`);
          card?.scrollIntoView({ block: "nearest" });
          card?.querySelector("button")?.focus();
        }}
      >
        {t("toQuestion")}
      </button>
    </p>
  );
}
