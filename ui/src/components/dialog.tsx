import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { texts } from "../i18n/index.ts";

const t = texts({
  en: { close: "Close", cancel: "Cancel" },
  ja: { close: "閉じる", cancel: "キャンセル" },
});

/**
 * A modal of the browser's own: it keeps the focus inside and gives it back. The first field has it at the beginning, or
 * what changes nothing. A press beside it closes it, unless something may have been typed into it.
 */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      firstField(dialog)?.focus();
    }
    return () => {
      dialog?.close();
      // What had opened it may be gone with what was done in it.
      queueMicrotask(() => {
        if (document.activeElement === document.body) document.getElementById("content")?.focus();
      });
    };
  }, []);
  const pressedBeside = useRef(false);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-label={title}
      onClose={onClose}
      onPointerDown={(event) => (pressedBeside.current = event.target === ref.current)}
      onClick={(event) => {
        const beside = pressedBeside.current && event.target === ref.current;
        if (beside && ref.current?.querySelector("form") === null) onClose();
      }}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label={t("close")} onClick={onClose}>
          ✕
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

const firstField = (dialog: HTMLElement): HTMLElement | null =>
  dialog.querySelector<HTMLElement>(
    "[data-first], .dialog-body :is(input, select, textarea):not(:disabled, [type=hidden])",
  );

/** Asks before something is done that cannot be taken back. `subject` is what it is done to. */
export function Confirm({
  title,
  subject,
  action,
  onConfirm,
  onCancel,
}: {
  title: string;
  subject: string;
  action: string;
  onConfirm: () => void;
  onCancel: () => void;
}): JSX.Element {
  return (
    <Dialog title={title} onClose={onCancel}>
      <p>{subject}</p>
      <div class="actions">
        <button type="button" data-first onClick={onCancel}>
          {t("cancel")}
        </button>
        <button type="button" class="danger" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
