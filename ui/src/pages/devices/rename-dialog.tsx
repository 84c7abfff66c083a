import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.tsx";
import { t } from "./devices-text.ts";

/** Asks for another name. */
export function RenameDialog({
  name,
  onRename,
  onClose,
}: {
  name: string;
  onRename: (name: string) => void;
  onClose: () => void;
}): JSX.Element {
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  return (
    <Dialog title={t("rename")} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          onRename(wanted);
        }}
      >
        <label>
          {t("name")}
          <input maxlength={64} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        <div class="actions">
          <button type="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="primary" disabled={wanted === "" || wanted === name}>
            {t("rename")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
