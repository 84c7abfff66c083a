import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { approvals, canonicalKey, decide, type Approval } from "./chat-state.ts";
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
  const { command, host, cwd, agentId, sessionKey: asked } = approval.request;
  const where = [
    host,
    cwd,
    agentId,
    asked !== undefined && canonicalKey(asked) !== sessionKey ? t("elsewhere") : undefined,
  ].filter((part) => part !== undefined && part !== "");
  const choose = async (decision: "allow-once" | "allow-always" | "deny") => {
    setDeciding(true);
    await decide(approval.id, decision);
    setDeciding(false);
  };
  return (
    <section class="approval" aria-label={t("asks")}>
      <strong>{t("asks")}</strong>
      <pre tabIndex={0}>{command}</pre>
      <p class="soft">{where.join(" · ")}</p>
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
