import type { JSX } from "preact";
import { Dialog } from "../../components/dialog.tsx";
import { t } from "./chat-text.ts";

/** Every key that does something in a conversation. */
const keys = [
  ["Enter", "keySend"],
  ["Shift+Enter", "keyLine"],
  ["Esc", "keyStop"],
  ["↑", "keyAgain"],
  ["Ctrl/⌘+Shift+F", "keySearch"],
  ["Ctrl/⌘+Shift+O", "keyNew"],
  ["Ctrl/⌘+/", "keyHelp"],
] as const;

export function Shortcuts({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t("shortcuts")} onClose={onClose}>
      <dl class="shortcuts">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
