import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.tsx";
import { connected } from "../../gateway/connection.ts";
import { editing, runs, send, showVersion } from "./chat-state.ts";
import { t } from "./chat-text.ts";

/** The message box in the place of a message of one's own. Enter sends, Esc leaves everything as it was. */
export function Editor({ entry, words }: { entry: string; words: string }): JSX.Element {
  const [text, setText] = useState(words);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
    element.scrollIntoView({ block: "nearest" });
  }, []);
  const close = () => {
    editing.value = null;
    // Back to where the keyboard was.
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-entry="${CSS.escape(entry)}"] .edit-button`)?.focus(),
    );
  };
  const submit = async (event?: Event) => {
    event?.preventDefault();
    if (!connected.value || text.trim() === "") return;
    // The message is shown as being on its way now; not accepted, its words are to be kept.
    editing.value = null;
    document.querySelector<HTMLElement>(".composer textarea")?.focus();
    if (!(await send(text.trim(), [], entry))) editing.value = { entry, text };
  };
  const isBusy = runs.value.length > 0;
  return (
    <form class="editor" aria-label={t("editMessage")} onSubmit={(event) => void submit(event)}>
      <textarea
        ref={box}
        aria-label={t("editText")}
        aria-describedby={`edit-${entry}`}
        rows={Math.min(12, text.split("\n").length)}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) void submit(event);
          if (event.key !== "Escape") return;
          // Not also the answer that is in progress.
          event.stopPropagation();
          close();
        }}
      />
      <p class="soft" id={`edit-${entry}`}>
        {t("editWarning")}
      </p>
      <div class="actions">
        <button type="button" class="quiet" onClick={close}>
          {t("cancel")}
        </button>
        <button class="primary" disabled={!connected.value || text.trim() === ""}>
          <Icon name="send" /> {t(isBusy ? "stopAndSend" : "send")}
        </button>
      </div>
    </form>
  );
}

/** Back and forth among the versions of a message. `shown` is the one that is looked at. */
export function Versions({ entry, shown, of }: { entry: string; shown: number; of: number }): JSX.Element {
  const step = (by: number, label: string, sign: string) => (
    <button
      type="button"
      class="quiet small"
      aria-label={label}
      title={label}
      disabled={shown + by < 1 || shown + by > of}
      onClick={() => void showVersion(entry, shown + by, of)}
    >
      {sign}
    </button>
  );
  return (
    <span class="versions" role="group" aria-label={t("versions")}>
      {step(-1, t("versionBefore"), "‹")}
      <span aria-live="polite">{t("versionOf", { version: shown, of })}</span>
      {step(1, t("versionAfter"), "›")}
    </span>
  );
}
