import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { texts } from "../i18n/index.ts";
import { t as frame } from "./frame-text.ts";

const t = texts({
  en: {
    everywhere: "Everywhere",
    inChat: "In a conversation",
    help: "These shortcuts",
    find: "To the search field of the page",
    leave: "Close a dialog or the menu",
    send: "Send",
    line: "New line",
    stop: "Stop the answer",
    again: "Edit your last message (in an empty field)",
    search: "Search the conversation",
    fresh: "New conversation",
  },
  ja: {
    everywhere: "すべてのページ",
    inChat: "会話",
    help: "この一覧を表示",
    find: "ページの検索欄へ移動",
    leave: "ダイアログやメニューを閉じる",
    send: "送信",
    line: "改行",
    stop: "応答を停止",
    again: "自分の直前のメッセージを編集（入力欄が空のとき）",
    search: "会話の中を検索",
    fresh: "新しい会話",
  },
});

const groups = {
  everywhere: [
    ["?", "help"],
    ["/", "find"],
    ["Esc", "leave"],
  ],
  inChat: [
    ["Enter", "send"],
    ["Shift+Enter", "line"],
    ["Esc", "stop"],
    ["↑", "again"],
    ["Ctrl/⌘+Shift+F", "search"],
    ["Ctrl/⌘+Shift+O", "fresh"],
  ],
} as const;

const shown = signal(false);
export const showShortcuts = (): void => void (shown.value = true);

/** Listens to the keys of every page; the list of all of them while it is asked for. */
export function Shortcuts(): JSX.Element | null {
  useEffect(() => {
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  if (!shown.value) return null;
  return (
    <Dialog title={frame("shortcuts")} onClose={() => (shown.value = false)}>
      {(Object.keys(groups) as Array<keyof typeof groups>).map((group) => (
        <section key={group}>
          <h3>{t(group)}</h3>
          <dl class="shortcuts">
            {groups[group].map(([key, meaning]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{t(meaning)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function press(event: KeyboardEvent): void {
  const { key, target } = event;
  const withCommand = event.ctrlKey || event.metaKey;
  if (event.altKey || event.isComposing || document.querySelector("dialog[open]") !== null) return;
  if (withCommand ? key === "/" : key === "?" && !isTyping(target)) {
    event.preventDefault();
    showShortcuts();
  } else if (key === "/" && !withCommand && !isTyping(target)) {
    const field = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (field === null) return;
    event.preventDefault();
    field.focus();
  }
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
