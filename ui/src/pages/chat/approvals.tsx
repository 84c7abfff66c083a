import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { approvals, decide, type Approval } from "./approval-state.ts";
import { canonicalKey } from "./chat-state.ts";
import { t } from "./chat-text.ts";

/** Commands that wait for somebody's decision, those of other conversations too. */
export function Approvals({ sessionKey }: { sessionKey: string }): JSX.Element {
  return (
    <div class="approvals" aria-live="assertive">
      {approvals.value.map((approval) => (
        <Card key={approval.id} approval={approval} sessionKey={sessionKey} />
      ))}
    </div>
  );
}

function Card({ approval, sessionKey }: { approval: Approval; sessionKey: string }): JSX.Element {
  const [deciding, setDeciding] = useState(false);
  const { command, host, resolvedPath, cwd, agentId, sessionKey: asked } = approval.request;
  const isElsewhere = typeof asked === "string" && canonicalKey(asked) !== sessionKey;
  const facts = [
    [t("runsOn"), host === "gateway" ? t("thisGateway") : host?.replace(/^node:/, "")],
    [t("program"), resolvedPath],
    [t("folder"), cwd],
    [t("agent"), agentId === "main" ? null : agentId],
  ].flatMap(([name, value]) => (name && value ? [[name, value] as const] : []));
  const choose = async (decision: "allow-once" | "allow-always" | "deny") => {
    setDeciding(true);
    await decide(approval.id, decision);
    setDeciding(false);
  };
  return (
    <section class="approval" id={`approval-${approval.id}`} aria-label={t("asks")}>
      <strong>{t("asks")}</strong>
      {isElsewhere ? <span class="soft"> · {t("elsewhere")}</span> : null}
      <pre tabIndex={0}>{command}</pre>
      {facts.length === 0 ? null : (
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <div class="actions">
        <button type="button" class="primary" disabled={deciding} onClick={() => void choose("allow-once")}>
          {t("allowOnce")}
        </button>
        <button type="button" disabled={deciding} onClick={() => void choose("allow-always")}>
          {t("allowAlways")}
        </button>
        <button type="button" class="danger" disabled={deciding} onClick={() => void choose("deny")}>
          {t("deny")}
        </button>
      </div>
    </section>
  );
}
