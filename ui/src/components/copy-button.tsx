import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { texts } from "../i18n/index.ts";

const t = texts({
  en: { copy: "Copy", copied: "Copied", failed: "Select and copy by hand" },
  ja: { copy: "コピー", copied: "コピーしました", failed: "選択してコピーしてください" },
});

/** Copies a text; where the browser does not let a page do that (plain HTTP), it says so. */
export function CopyButton({ text, label }: { text: string; label?: string }): JSX.Element {
  const [said, say] = useState<"copy" | "copied" | "failed">("copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("copied");
    } catch {
      say("failed");
    }
    setTimeout(() => say("copy"), 2000);
  };
  return (
    <button type="button" class="quiet small" onClick={() => void copy()} aria-live="polite">
      {said === "copy" && label !== undefined ? label : t(said)}
    </button>
  );
}
