import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Command } from "../components/command.tsx";
import { hello, link, retryNow } from "../gateway/connection.ts";
import { health } from "../gateway/health.ts";
import { may } from "../gateway/scopes.ts";
import { saidCondition } from "../i18n/said/index.ts";
import { followLink, href } from "../router.ts";
import { t } from "./frame-text.ts";

/** The worst that is the matter with the gateway, on every page. */
export function HealthLink(): JSX.Element | null {
  const conditions = health.value?.conditions ?? [];
  const worst = conditions.find(({ severity }) => severity === "error") ?? conditions[0];
  if (worst === undefined || hello.value === null) return null;
  const { title } = saidCondition(worst);
  return (
    <a
      class={`pill health-link ${worst.severity === "error" ? "bad" : "warn"}`}
      href={href("overview")}
      title={title}
      onClick={(event) => followLink(event, "overview")}
    >
      <span class="cut">{title}</span>
      {conditions.length > 1 ? <span>{`\u00a0+${conditions.length - 1}`}</span> : null}
    </a>
  );
}

/** Why there is no connection, over all the tries: each is short, and what came and went with it would jump. */
function useAway(): string | null {
  const now = link.value;
  const why = useRef<string | null>(null);
  if (now.state === "offline") why.current = now.why;
  else if (now.state !== "connecting") why.current = null;
  return why.current;
}

/** What is the matter with the connection, while pages stay readable below it. */
export function Banner(): JSX.Element | null {
  const why = useAway();
  if (why === null || hello.value === null) return null;
  return (
    <div class="banner" role="alert">
      <span title={why}>{t(why === "restarting" ? "restarting" : "away")}</span>
      <RetryButton small />
    </div>
  );
}

/** Before the first connection: that it is being made, and what to do when nobody answers. */
export function NoConnection(): JSX.Element {
  const why = useAway();
  if (why === null)
    return (
      <p class="empty late" role="status">
        {t("waiting")}
      </p>
    );
  return (
    <section class="card login" role="alert">
      <h1>{t("noGateway")}</h1>
      <p>{t("noGatewaySays")}</p>
      <p>{t("onItsMachine")}</p>
      <dl class="facts">
        <dt>{t("looks")}</dt>
        <dd>
          <Command text="openclaw gateway status" />
        </dd>
        <dt>{t("starts")}</dt>
        <dd>
          <Command text="openclaw gateway start" />
        </dd>
      </dl>
      <div>
        <RetryButton />
      </div>
      <p class="soft detail">{t("details", { why })}</p>
    </section>
  );
}

function RetryButton({ small = false }: { small?: boolean }): JSX.Element {
  return (
    <button
      type="button"
      class={small ? "small" : "primary"}
      disabled={link.value.state === "connecting"}
      onClick={retryNow}
    >
      {t("retry")}
    </button>
  );
}

/** On pages where only an administrator can do anything: that this browser cannot, and what gives it the right. */
export function ReadOnlyNote(): JSX.Element | null {
  if (hello.value === null || may("admin")) return null;
  return (
    <p class="read-only" role="note">
      <span>{t("readOnly")}</span> <Command text="openclaw dashboard" />
    </p>
  );
}
