import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { texts } from "../i18n/index.ts";

const t = texts({
  en: { close: "Close", cancel: "Cancel" },
  ja: { close: "閉じる", cancel: "キャンセル" },
});

/** A modal of the browser's own: it keeps the focus inside and gives it back. */
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
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
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
        <button type="button" onClick={onCancel}>
          {t("cancel")}
        </button>
        <button type="button" class="danger" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
