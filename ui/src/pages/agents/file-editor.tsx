import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { OpenClawError } from "../../../../src/core/errors.ts";
import { Loaded } from "../../components/async.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { DiffView } from "../../components/diff-view.tsx";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { t } from "./agents-text.ts";
import { FileHistory } from "./file-history.tsx";

interface Answer {
  file: { missing: boolean; content?: string; hash?: string };
}

/** One file: its text, what a save would change, and earlier texts. A file that grew meanwhile is never overwritten. */
export function FileEditor({
  agentId,
  name,
  onChanged,
  onSaved,
}: {
  agentId: string;
  name: string;
  onChanged: (changed: boolean) => void;
  onSaved: () => void;
}): JSX.Element {
  const query = useQuery<Answer>("agents.files.get", { agentId, name });
  const [text, setText] = useState<string | null>(null);
  const [view, setView] = useState<"review" | "history" | null>(null);
  const stored = query.data?.file.content ?? "";
  const shown = text ?? stored;
  const changed = text !== null && text !== stored;
  useEffect(() => onChanged(changed), [changed]);

  const save = async () => {
    const hash = query.data?.file.hash;
    try {
      await call("agents.files.set", { agentId, name, content: shown, baseHash: hash ?? "" });
      tellDone(t("saved", { name }));
      setView(null);
      await query.reload();
      // What was typed since stays.
      setText((now) => (now === shown ? null : now));
      onSaved();
    } catch (error) {
      if (error instanceof OpenClawError && error.details?.["reason"] === "changed") {
        setView(null);
        await query.reload();
        tellFailed(new OpenClawError("FILE_CHANGED", t("newer", { name })));
      } else tellFailed(error);
    }
  };

  return (
    <div class="fields">
      <Loaded query={query}>
        {() => (
          <>
            <textarea
              class="code"
              rows={22}
              spellcheck={false}
              aria-label={t("fileText", { name })}
              value={shown}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <div class="row">
              <button type="button" onClick={() => setView("history")}>
                {t("history")}
              </button>
              <span class="spacer" />
              {changed ? <span class="pill warn">{t("changed")}</span> : null}
              <button type="button" disabled={!changed} onClick={() => setText(null)}>
                {t("discard")}
              </button>
              <button type="button" class="primary" disabled={!changed} onClick={() => setView("review")}>
                {t("review")}
              </button>
            </div>
          </>
        )}
      </Loaded>
      {view === "review" ? (
        <Dialog title={t("reviewTitle", { name })} onClose={() => setView(null)}>
          <DiffView before={stored} after={shown} />
          <div class="actions">
            <button type="button" onClick={() => setView(null)}>
              {t("close")}
            </button>
            <button type="button" class="primary" onClick={() => void save()}>
              {t("save")}
            </button>
          </div>
        </Dialog>
      ) : view === "history" ? (
        <FileHistory
          agentId={agentId}
          name={name}
          now={shown}
          onTake={(earlier) => {
            setText(earlier);
            setView(null);
            tellDone(t("loaded"));
          }}
          onClose={() => setView(null)}
        />
      ) : null}
    </div>
  );
}
