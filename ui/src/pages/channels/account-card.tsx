import { Fragment, type JSX } from "preact";
import { Hint } from "../../components/failure.tsx";
import { Detail } from "../../components/detail.tsx";
import { format } from "../../i18n/index.ts";
import { saidTrouble } from "../../i18n/said/index.ts";
import { followLink, href } from "../../router.ts";
import type { Account } from "./channels-api.ts";
import { t } from "./channels-text.ts";

/** One account: how it is, how that is known and how long ago, and what mends it. */
export function AccountCard({
  label,
  account,
  login,
  onLogin,
  onLogout,
}: {
  label: string;
  account: Account;
  login: boolean;
  onLogin: () => void;
  onLogout: () => void;
}): JSX.Element {
  const { state, mark } = stateOf(account);
  const find = { view: "settings", find: "channels" };
  return (
    <section class="card" aria-label={`${label} ${account.accountId}`}>
      <div class="row">
        <h2>
          {label} <span class="soft">{account.name ?? account.accountId}</span>
        </h2>
        <span class="spacer" />
        <span class={`pill ${mark}`}>{t(state)}</span>
      </div>
      {account.trouble ? (
        <Trouble trouble={account.trouble} tries={account.reconnectAttempts ?? 0} />
      ) : account.lastError ? (
        <p class="failure">{account.lastError}</p>
      ) : null}
      <dl class="facts">
        {evidence(account).map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <div class="actions">
        {login ? (
          <button type="button" class={account.connected ? undefined : "primary"} onClick={onLogin}>
            {t(account.connected ? "again" : "login")}
          </button>
        ) : null}
        {login && account.connected ? (
          <button type="button" class="danger" onClick={onLogout}>
            {t("logout")}
          </button>
        ) : null}
        <a
          class="button"
          href={href("config", find)}
          aria-label={`${t("settings")}: ${label}`}
          onClick={(event) => followLink(event, "config", find)}
        >
          {t("settings")}
        </a>
      </div>
    </section>
  );
}

function Trouble({
  trouble,
  tries,
}: {
  trouble: NonNullable<Account["trouble"]>;
  tries: number;
}): JSX.Element {
  const said = saidTrouble(trouble);
  const about = [
    trouble.code,
    t("since", { when: format.ago(trouble.since) }),
    tries > 1 ? t("tries", { count: tries }) : "",
    trouble.retryAt === undefined ? "" : t("nextTry", { when: format.ago(trouble.retryAt) }),
  ];
  return (
    <div class={`condition ${trouble.fatal ? "bad" : "warn"}`}>
      <p>{said.text}</p>
      <Detail said={said} />
      <p class="soft">{about.filter(Boolean).join(" · ")}</p>
      {trouble.hint === undefined ? null : (
        <p>
          <Hint text={trouble.hint} />
        </p>
      )}
    </div>
  );
}

function stateOf(account: Account) {
  if (!account.enabled) return { state: "disabled", mark: "" } as const;
  if (!account.configured) return { state: "unconfigured", mark: "warn" } as const;
  if (account.trouble) return { state: "trouble", mark: account.trouble.fatal ? "bad" : "warn" } as const;
  if (account.connected) return { state: "connected", mark: "good" } as const;
  if (account.running) return { state: "running", mark: "warn" } as const;
  return { state: "stopped", mark: "bad" } as const;
}

function evidence(account: Account): Array<[string, string]> {
  const when = (at: number | null | undefined) => (at ? format.ago(at) : t("never"));
  const proved = [
    account.lastProvedReceiveAt ? t("receiving", { when: format.ago(account.lastProvedReceiveAt) }) : "",
    account.lastProvedSendAt ? t("sending", { when: format.ago(account.lastProvedSendAt) }) : "",
  ].filter(Boolean);
  const { probe } = account;
  return [
    [t("works"), proved.join(", ") || t("never")],
    [t("received"), when(account.lastInboundAt)],
    [t("sent"), when(account.lastOutboundAt)],
    ...(probe === undefined
      ? []
      : [
          [
            t("probed"),
            probe.ok
              ? t("asIdentity", {
                  when: when(account.lastProbeAt),
                  identity: probe.identity ?? `${probe.elapsedMs} ms`,
                })
              : t("failed", { when: when(account.lastProbeAt), error: probe.error ?? "?" }),
          ] as [string, string],
        ]),
    ...(account.lastStartAt === null ? [] : [[t("started"), when(account.lastStartAt)] as [string, string]]),
    ...(account.dmPolicy === undefined ? [] : [[t("direct"), account.dmPolicy] as [string, string]]),
  ];
}
