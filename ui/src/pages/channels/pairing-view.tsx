import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import type { PairingList } from "./channels-api.ts";
import { t } from "./channels-text.ts";

type Asked =
  | { kind: "owner"; sender: PairingList["pending"][number] }
  | { kind: "revoke"; sender: PairingList["approved"][number] };

/** Senders that ask to be let in, and those that were. */
export function PairingView(): JSX.Element | null {
  const query = useQuery<PairingList>(
    "channels.pairing.list",
    {},
    { events: ["channels.pairing.requested", "channels.pairing.resolved"], everyMs: 20_000 },
  );
  const [asked, ask] = useState<Asked | null>(null);
  const act = async (method: string, params: Record<string, unknown>) => {
    ask(null);
    await perform(() => call(method, params), t("done"));
    await query.reload();
  };
  // Before anybody asked there is nothing to decide, and nothing to explain.
  if (query.error === null && !query.data?.pending.length && !query.data?.approved.length) return null;
  return (
    <section class="card">
      <h2>{t("requests")}</h2>
      <Loaded query={query}>
        {({ pending, approved, hasOwner }) => (
          <>
            {pending.length === 0 ? <p class="soft">{t("nobody")}</p> : null}
            {pending.length > 0 && !hasOwner ? <p class="soft">{t("noOwner")}</p> : null}
            <ul class="rows">
              {pending.map((sender) => {
                const { channel, account, id, name, code, createdAt } = sender;
                const which = { channel, account, code };
                return (
                  <li key={`${channel}:${account}:${code}`}>
                    <div class="fill">
                      <strong>{name ?? id}</strong>{" "}
                      <span class="soft">
                        {[`${channel}:${account}`, id, t("code1", { code }), format.ago(createdAt)].join(
                          " · ",
                        )}
                      </span>
                    </div>
                    <div class="row">
                      <button
                        type="button"
                        class="primary"
                        onClick={() => void act("channels.pairing.approve", { ...which, notify: true })}
                      >
                        {t("approve")}
                      </button>
                      {hasOwner || !may("admin") ? null : (
                        <button type="button" onClick={() => ask({ kind: "owner", sender })}>
                          {t("asOwner")}
                        </button>
                      )}
                      <button
                        type="button"
                        class="danger"
                        onClick={() => void act("channels.pairing.reject", which)}
                      >
                        {t("reject")}
                      </button>
                    </div>
                  </li>
                );
              })}
            </ul>
            {approved.length === 0 ? null : (
              <details>
                <summary>
                  {t("letIn")} ({approved.length})
                </summary>
                <ul class="rows">
                  {approved.map((sender) => (
                    <li key={`${sender.channel}:${sender.account}:${sender.id}`}>
                      <div>
                        {sender.id} <span class="soft">{`${sender.channel}:${sender.account}`}</span>{" "}
                        {sender.owner ? <span class="pill good">{t("owner")}</span> : null}
                      </div>
                      <button
                        type="button"
                        class="small danger"
                        onClick={() => ask({ kind: "revoke", sender })}
                      >
                        {t("revoke")}
                      </button>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </>
        )}
      </Loaded>
      {asked === null ? null : asked.kind === "owner" ? (
        <Confirm
          title={t("asOwner")}
          subject={t("confirmOwner", { name: asked.sender.name ?? asked.sender.id })}
          action={t("asOwner")}
          onConfirm={() => {
            const { channel, account, code } = asked.sender;
            void act("channels.pairing.approve", { channel, account, code, owner: true, notify: true });
          }}
          onCancel={() => ask(null)}
        />
      ) : (
        <Confirm
          title={t("revoke")}
          subject={t("confirmRevoke", { name: asked.sender.id })}
          action={t("revoke")}
          onConfirm={() => {
            const { channel, account, id } = asked.sender;
            void act("channels.pairing.revoke", { channel, account, id });
          }}
          onCancel={() => ask(null)}
        />
      )}
    </section>
  );
}
