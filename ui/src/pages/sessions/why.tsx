import type { ComponentChildren, JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { useQuery } from "../../gateway/query.ts";
import { Detail } from "../../components/detail.tsx";
import { format } from "../../i18n/index.ts";
import { saidOutcome, saidTrouble } from "../../i18n/said/index.ts";
import type { Why } from "./sessions-api.ts";
import { stageText, t } from "./sessions-text.ts";

/** What `openclaw why` prints: the way of a message from its arrival to the last delivery. */
export function WhyDialog({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const query = useQuery<Why>("why", { id });
  return (
    <Dialog title={t("whyTitle", { id })} onClose={onClose}>
      <Loaded query={query}>{(record) => <Record record={record} />}</Loaded>
    </Dialog>
  );
}

function Record({ record }: { record: Why }): JSX.Element {
  const { messages, steps, deliveries, trace, run } = record;
  if (messages.length + steps.length + deliveries.length + trace.length === 0 && run === null)
    return <p class="soft">{t("nothing")}</p>;
  return (
    <div class="why">
      {messages.map((message) => (
        <section key={message.runId}>
          <h3>{t("message")}</h3>
          <p class="quote">{message.text}</p>
          <p class="soft">
            {t("receivedBy", { when: format.dateTime(message.receivedAt), door: message.door })}
          </p>
          <p>
            <strong>{message.outcome ? saidOutcome(message.outcome)[0] : t("waiting")}</strong>
            {t("colon")}
            {message.outcome ? saidOutcome(message.outcome)[1] : t("waits")}
            {message.outcomeDetail ? ` (${message.outcomeDetail})` : ""}
          </p>
        </section>
      ))}
      {run?.error ? <Because error={run.error} /> : null}
      <Rows title={t("tools")}>
        {steps.map((step) => (
          <li key={step.callId}>
            <span>
              <strong>{step.name}</strong> <span class="soft">{`${step.effect} · ${step.state}`}</span>
            </span>
            <span class="soft">{format.dateTime(step.startedAt)}</span>
          </li>
        ))}
      </Rows>
      <Rows title={t("deliveries")}>
        {deliveries.map((delivery) => (
          <li key={delivery.key}>
            <span>
              {`${delivery.target.channel}:${delivery.target.to}`}{" "}
              <span class="soft">
                {[delivery.state, t("tries", { count: delivery.attempts }), delivery.lastError]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
          </li>
        ))}
      </Rows>
      <Rows title={t("trace")}>
        {trace.map((row, index) => (
          <li key={index}>
            <span>
              <strong>{stageText(row.stage)}</strong> <code>{row.rule}</code>{" "}
              <span class="soft" lang="en">
                {row.detail}
              </span>
            </span>
            <span class="soft">{format.time(row.at)}</span>
          </li>
        ))}
      </Rows>
    </div>
  );
}

function Rows({ title, children }: { title: string; children: ComponentChildren[] }): JSX.Element | null {
  if (children.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="rows">{children}</ul>
    </section>
  );
}

function Because({ error }: { error: { code: string; message: string } }): JSX.Element {
  const said = saidTrouble(error);
  return (
    <div class="failure">
      <p>
        {said.text} <code>{error.code}</code>
      </p>
      <Detail said={said} />
    </div>
  );
}
