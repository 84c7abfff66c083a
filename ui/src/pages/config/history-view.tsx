import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Confirm, Dialog } from "../../components/dialog.tsx";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import type { Revision } from "./config-api.ts";
import { t } from "./config-text.ts";
import { lineDiff, type DiffLine } from "./line-diff.ts";

/** Every accepted version of the file, what it differs in from now, and the way back to it. */
export function HistoryView({ raw, onChanged }: { raw: string; onChanged: () => void }): JSX.Element {
  const query = useQuery<{ revisions: Revision[] }>("config.history", { limit: 100 });
  const [asked, ask] = useState<Revision | null>(null);
  const [compared, compare] = useState<{ hash: string; lines: DiffLine[] } | null>(null);
  const show = async ({ hash }: Revision) => {
    try {
      const { raw: then } = await call<{ raw: string | null }>("config.revision", { hash });
      compare({ hash: hash.slice(0, 12), lines: lineDiff(then ?? "", raw) });
    } catch (error) {
      tellFailed(error);
    }
  };
  const revert = async ({ hash }: Revision) => {
    ask(null);
    try {
      await call("config.revert", { hash });
      tellDone(t("reverted", { hash: hash.slice(0, 12) }));
      onChanged();
      await query.reload();
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <section class="card">
      <Loaded query={query}>
        {({ revisions }) => (
          <div class="table-scroll" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th>{t("when")}</th>
                  <th>{t("who")}</th>
                  <th>{t("why")}</th>
                  <th>{t("version")}</th>
                  <td />
                </tr>
              </thead>
              <tbody>
                {revisions.map((revision) => (
                  <tr key={`${revision.hash}-${revision.at}`}>
                    <td>{format.dateTime(revision.at)}</td>
                    <td>{revision.author}</td>
                    <td>{revision.reason}</td>
                    <td>
                      <code>{revision.hash.slice(0, 12)}</code>
                    </td>
                    <td>
                      {revision.current ? (
                        <span class="pill good">{t("current")}</span>
                      ) : (
                        <div class="row">
                          <button type="button" class="small" onClick={() => void show(revision)}>
                            {t("show")}
                          </button>
                          <button type="button" class="small" onClick={() => ask(revision)}>
                            {t("revert")}
                          </button>
                        </div>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {asked === null ? null : (
        <Confirm
          title={t("revert")}
          subject={t("confirmRevert", {
            hash: asked.hash.slice(0, 12),
            when: format.dateTime(asked.at),
          })}
          action={t("revert")}
          onConfirm={() => void revert(asked)}
          onCancel={() => ask(null)}
        />
      )}
      {compared === null ? null : (
        <Dialog title={t("diffTitle", { hash: compared.hash })} onClose={() => compare(null)}>
          {compared.lines.every(({ kind }) => kind === "same") ? (
            <p>{t("same")}</p>
          ) : (
            <pre class="diff" tabIndex={0}>
              {compared.lines.map((line, index) => (
                <span key={index} class={line.kind}>
                  {line.kind === "new" ? "+ " : line.kind === "gone" ? "- " : "  "}
                  {line.text}
                  {"\n"}
                </span>
              ))}
            </pre>
          )}
        </Dialog>
      )}
    </section>
  );
}
