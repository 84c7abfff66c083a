import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { OpenClawError } from "../../../src/core/errors.ts";
import { texts } from "../i18n/index.ts";
import { saidError, type Said } from "../i18n/said/index.ts";
import { Detail } from "./detail.tsx";
import { Hint } from "./failure.tsx";

const t = texts({ en: { dismiss: "Dismiss" }, ja: { dismiss: "閉じる" } });

interface Toast extends Said {
  id: number;
  kind: "done" | "failed";
  hint: string | null;
}

const shownMs = 6000;
const toasts = signal<Toast[]>([]);
let last = 0;

function add(toast: Omit<Toast, "id">): void {
  const id = ++last;
  // What was told already is told once, as the newest.
  const others = toasts.value.filter(({ text, detail }) => text !== toast.text || detail !== toast.detail);
  toasts.value = [...others.slice(-3), { ...toast, id }];
  // What failed stays until it is read.
  if (toast.kind === "done") setTimeout(() => remove(id), shownMs);
}
const remove = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id));

/** Tells that something the person asked for is done. */
export const tellDone = (text: string) => add({ kind: "done", text, detail: null, hint: null });

/** Tells why something the person asked for was not done. */
export const tellFailed = (error: unknown) =>
  add({
    kind: "failed",
    ...saidError(error),
    hint: error instanceof OpenClawError ? (error.hint ?? null) : null,
  });

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          <p>{toast.text}</p>
          <Detail said={toast} />
          {toast.hint === null ? null : <Hint text={toast.hint} />}
          <button type="button" class="quiet" aria-label={t("dismiss")} onClick={() => remove(toast.id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
