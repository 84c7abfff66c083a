import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { DiffView } from "../../components/diff-view.tsx";
import { tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./agents-text.ts";

interface Version {
  id: string;
  at: number;
  size: number;
}

/** Earlier texts of a file and what they differ in from the text of now. */
export function FileHistory({
  agentId,
  name,
  now,
  onTake,
  onClose,
}: {
  agentId: string;
  name: string;
  now: string;
  onTake: (text: string) => void;
  onClose: () => void;
}): JSX.Element {
  const query = useQuery<{ versions: Version[] }>("agents.files.history", { agentId, name });
  const [open, setOpen] = useState<{ id: string; text: string } | null>(null);
  const show = async (id: string) => {
    try {
      const { content } = await call<{ content: string }>("agents.files.version", { agentId, name, id });
      setOpen({ id, text: content });
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <Dialog title={`${t("history")}: ${name}`} onClose={onClose}>
      <Loaded query={query}>
        {({ versions }) =>
          versions.length === 0 ? (
            <p class="soft">{t("noHistory")}</p>
          ) : (
            <ul class="rows">
              {versions.map(({ id, at, size }) => (
                <li key={id}>
                  <button
                    type="button"
                    class="quiet"
                    aria-expanded={open?.id === id}
                    onClick={() => (open?.id === id ? setOpen(null) : void show(id))}
                  >
                    {format.dateTime(at)} <span class="soft">{format.bytes(size)}</span>
                  </button>
                  {open?.id === id ? (
                    <div class="fill">
                      <DiffView before={now} after={open.text} />
                      <div class="actions">
                        <button type="button" class="primary" onClick={() => onTake(open.text)}>
                          {t("load")}
                        </button>
                      </div>
                    </div>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Dialog>
  );
}
