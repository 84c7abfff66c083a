import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { RunFailed } from "./run-failed.tsx";
import { withoutReplaced } from "./branch.ts";
import {
  earlier,
  editing,
  failure,
  history,
  historyError,
  outgoing,
  runs,
  showEnd,
  showNewer,
  showOlder,
  takeBack,
  target,
  type Outgoing,
} from "./chat-state.ts";
import { t } from "./chat-text.ts";
import { beforeEarlier, EarlierVersion } from "./earlier.tsx";
import { Editor } from "./edit.tsx";
import { hasNewer, hasOlder, messagesOf, type HistoryWindow } from "./history.ts";
import { itemsOf, type Part } from "./items.ts";
import { isToldLive, isWritten } from "./overlap.ts";
import { Message, PartView } from "./message.tsx";

const nearPx = 800;
const endPx = 80;

const waitsForSomebody = (part: Part): boolean =>
  part.kind === "tool" && part.tool.state === "running" && part.tool.waitingFor !== null;

/** The conversation: a window on its history, and what is being said. Who reads the end stays at the end. */
export function Conversation({ onEdit }: { onEdit: (text: string) => void }): JSX.Element {
  const log = useRef<HTMLDivElement>(null);
  const readsEnd = useRef(true);
  const loading = useRef(false);
  const anchor = useRef<{ element: Element; top: number; window: HistoryWindow | null } | null>(null);
  const messages = useComputed(() => {
    const window = history.value;
    return window === null ? null : withoutReplaced(messagesOf(window), window, outgoing.value);
  });
  const going = useComputed(() => runs.value.map(({ runId, since }) => `${runId} ${since}`).join("\n"));
  const items = useComputed(() => {
    if (going.value === "") return messages.value === null ? null : itemsOf(messages.value);
    return messages.value === null
      ? null
      : itemsOf(messages.value.filter((message) => !isToldLive(message, runs.peek())));
  });
  const past = earlier.value;
  const underWay = useComputed(() =>
    outgoing.value.filter((message) => !isWritten(message, messages.value ?? [])),
  );

  const turnPage = useCallback(async (load: () => Promise<void>) => {
    const element = log.current;
    if (loading.current || element === null) return;
    loading.current = true;
    // What is in the middle of the view stays where it is while pages come and go around it.
    const middle = element.getBoundingClientRect().top + element.clientHeight / 2;
    const seen = [...element.querySelectorAll(".turn")].find(
      (turn) => turn.getBoundingClientRect().bottom >= middle,
    );
    anchor.current = seen
      ? { element: seen, top: seen.getBoundingClientRect().top, window: history.peek() }
      : null;
    await load();
    loading.current = false;
    // Nothing came.
    if (anchor.current?.window === history.peek()) anchor.current = null;
  }, []);

  const onScroll = () => {
    const element = log.current;
    const window = history.value;
    if (element === null || window === null) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    readsEnd.current = below < endPx && !hasNewer(window);
    if (element.scrollTop < nearPx && hasOlder(window)) void turnPage(showOlder);
    else if (below < nearPx && hasNewer(window)) void turnPage(showNewer);
  };

  useLayoutEffect(() => {
    const element = log.current;
    if (element === null) return;
    const wanted = target.peek();
    const turn =
      wanted === null ? null : element.querySelector<HTMLElement>(`[data-entry="${CSS.escape(wanted)}"]`);
    if (turn !== null) {
      target.value = null;
      anchor.current = null;
      readsEnd.current = false;
      turn.scrollIntoView({ block: "center" });
      turn.focus({ preventScroll: true });
      return;
    }
    // What is looked at stays where it is.
    if (past !== null) return;
    const kept = anchor.current;
    // The page that was asked for has not come yet.
    if (kept !== null && kept.window === history.peek()) return;
    anchor.current = null;
    if (kept?.element.isConnected) element.scrollTop += kept.element.getBoundingClientRect().top - kept.top;
    else if (readsEnd.current) element.scrollTop = element.scrollHeight;
  });

  // A message box that grows takes room from below.
  useEffect(() => {
    const element = log.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (readsEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const outgoingView = (message: Outgoing) => (
    <article key={message.id} class={message.state === "taken" ? "turn user" : "turn user pending"}>
      <p class="as-written">{message.text}</p>
      {message.files === 0 ? null : <p class="soft">📎 {t("files", { count: message.files })}</p>}
      {message.state === "taken" ? null : (
        <footer class="soft">
          {t(message.state)}
          {message.state === "waiting" ? (
            <button
              type="button"
              class="quiet small"
              onClick={() => void takeBack(message.id).then((done) => done && onEdit(message.text))}
            >
              {t("takeBack")}
            </button>
          ) : null}
        </footer>
      )}
    </article>
  );

  // Drawn again when somebody looks for an entry that is here already.
  void target.value;
  const window = history.value;
  const isEmpty = items.value?.length === 0 && underWay.value.length === 0 && runs.value.length === 0;
  return (
    <div class="log-frame">
      <div class="log" ref={log} role="log" aria-label={t("log")} tabIndex={0} onScroll={onScroll}>
        {historyError.value === null ? null : <Failure error={historyError.value} />}
        {window !== null && hasOlder(window) ? <p class="soft center">{t("loadingOlder")}</p> : null}
        {isEmpty ? (
          <div class="empty">
            <img src="icon.svg" alt="" width="56" height="56" />
            <h1>{t("empty")}</h1>
            <p>{t("emptyHint")}</p>
          </div>
        ) : null}
        {beforeEarlier(items.value ?? []).map((item) =>
          item.entry !== null && item.entry === editing.value?.entry ? (
            <article key={item.key} class="turn editing" data-entry={item.entry}>
              <Editor entry={item.entry} words={editing.value.text} />
            </article>
          ) : (
            <Message key={item.key} item={item} />
          ),
        )}
        {past === null ? null : <EarlierVersion page={past} />}
        {past === null ? underWay.value.filter(({ state }) => state === "taken").map(outgoingView) : null}
        {(past === null ? runs.value : []).map((run) => (
          <article key={run.runId} class="turn assistant" aria-busy="true">
            {run.parts.map((part, index) => (
              <PartView key={index} part={part} />
            ))}
            {run.parts.some(waitsForSomebody) ? null : <p class="working">{t("working")}</p>}
          </article>
        ))}
        {past === null ? underWay.value.filter(({ state }) => state !== "taken").map(outgoingView) : null}
        {failure.value === null ? null : <RunFailed failure={failure.value} alert />}
      </div>
      {window !== null && hasNewer(window) ? (
        <button
          type="button"
          class="to-end"
          onClick={() => {
            readsEnd.current = true;
            void showEnd();
          }}
        >
          ↓ {t("toEnd")}
        </button>
      ) : null}
    </div>
  );
}
