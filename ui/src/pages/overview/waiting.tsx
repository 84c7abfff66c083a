import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { AllWell } from "../../components/all-well.tsx";
import { Failure } from "../../components/failure.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./overview-text.ts";

interface Approval {
  id: string;
  request: { command: string; cwd?: string | null; host?: string | null; sessionKey?: string | null };
  expiresAtMs: number;
}
interface Sender {
  channel: string;
  account: string;
  id: string;
  name: string | null;
  code: string;
  createdAt: number;
}
interface Device {
  requestId: string;
  deviceId: string;
  displayName?: string;
  clientId?: string;
  platform?: string;
  role: string;
  scopes: string[];
  remoteIp?: string;
  ts: number;
}
interface Delivery {
  key: string;
  target: { channel: string; to: string };
  text: string;
  state: "dead" | "unknown" | "pending" | "sending";
  attempts: number;
  lastError: string | null;
}

const maxDeliveries = 20;
/** What the gateway says of a delivery that somebody decided to give up. */
const dropped = "dropped by the operator";

/** Everything that goes on only when somebody decides it, with the decision beside it. */
export function Waiting(): JSX.Element {
  const approvals = useQuery<{ approvals: Approval[] }>(
    may("approvals") ? "exec.approval.list" : null,
    {},
    { events: ["exec.approval.requested", "exec.approval.resolved"], everyMs: 15_000 },
  );
  const senders = useQuery<{ pending: Sender[] }>(
    may("pairing") ? "channels.pairing.list" : null,
    {},
    { events: ["channels.pairing.requested", "channels.pairing.resolved"], everyMs: 20_000 },
  );
  const devices = useQuery<{ pending: Device[] }>(
    may("pairing") ? "device.pair.list" : null,
    {},
    { events: ["device.pair.requested", "device.pair.resolved"], everyMs: 20_000 },
  );
  const outbox = useQuery<{ deliveries: Delivery[] }>(
    "outbox.list",
    {},
    { events: ["health"], everyMs: 20_000 },
  );
  const [dropping, drop] = useState<Delivery | null>(null);

  const act = async (query: { reload(): Promise<void> }, method: string, params: Record<string, unknown>) => {
    await perform(() => call(method, params), t("done"));
    await query.reload();
  };
  const open = (outbox.data?.deliveries ?? []).filter(
    ({ state, lastError }) => state === "unknown" || (state === "dead" && lastError !== dropped),
  );
  const count =
    (approvals.data?.approvals.length ?? 0) +
    (senders.data?.pending.length ?? 0) +
    (devices.data?.pending.length ?? 0) +
    open.length;
  // Nothing is said to wait before everything that may was asked for.
  const known = [
    outbox,
    ...(may("approvals") ? [approvals] : []),
    ...(may("pairing") ? [senders, devices] : []),
  ].every(({ data }) => data !== null);
  const failed = [approvals, senders, devices, outbox].find(({ error }) => error !== null);

  return (
    <section class="card" aria-live="polite">
      {count > 0 || failed !== undefined ? (
        <h2>{t("waiting")}</h2>
      ) : known ? (
        <AllWell text={t("nothingWaits")} />
      ) : (
        <p class="soft late">{t("looking")}</p>
      )}
      {failed === undefined ? null : <Failure error={failed.error} retry={() => void failed.reload()} />}
      <ul class="rows">
        {approvals.data?.approvals.map(({ id, request, expiresAtMs }) => (
          <Row
            key={id}
            title={t("approval")}
            about={[
              request.host,
              request.cwd,
              request.sessionKey,
              t("until", { time: format.time(expiresAtMs) }),
            ]}
            text={<pre tabIndex={0}>{request.command}</pre>}
          >
            {(["allow-once", "allow-always", "deny"] as const).map((decision) => (
              <button
                key={decision}
                type="button"
                class={decision === "deny" ? "danger" : decision === "allow-once" ? "primary" : undefined}
                onClick={() => void act(approvals, "exec.approval.resolve", { id, decision })}
              >
                {t(decision === "deny" ? "deny" : decision === "allow-once" ? "allowOnce" : "allowAlways")}
              </button>
            ))}
          </Row>
        ))}
        {senders.data?.pending.map(({ channel, account, id, name, code, createdAt }) => (
          <Row
            key={`${channel}:${code}`}
            title={t("sender", { name: name ?? id, channel })}
            about={[id, account, t("code", { code }), format.ago(createdAt)]}
          >
            <Decide
              onYes={() =>
                void act(senders, "channels.pairing.approve", { channel, account, code, notify: true })
              }
              onNo={() => void act(senders, "channels.pairing.reject", { channel, account, code })}
            />
          </Row>
        ))}
        {devices.data?.pending.map(({ requestId, displayName, clientId, deviceId, role, ...device }) => (
          <Row
            key={requestId}
            title={t("device", { name: displayName ?? `${clientId ?? "?"} ${deviceId.slice(0, 8)}`, role })}
            about={[device.platform, device.remoteIp, device.scopes.join(", "), format.ago(device.ts)]}
          >
            <Decide
              onYes={() => void act(devices, "device.pair.approve", { requestId })}
              onNo={() => void act(devices, "device.pair.reject", { requestId })}
            />
          </Row>
        ))}
        {open.slice(0, maxDeliveries).map((delivery) => (
          <Row
            key={delivery.key}
            title={t(delivery.state === "dead" ? "dead" : "unknown", { to: placeOf(delivery) })}
            about={[t("tries", { count: delivery.attempts }), delivery.lastError]}
            text={<p class="quote">{delivery.text}</p>}
          >
            <button type="button" onClick={() => void act(outbox, "outbox.retry", { key: delivery.key })}>
              {t("retry")}
            </button>
            <button type="button" class="danger" onClick={() => drop(delivery)}>
              {t("drop")}
            </button>
          </Row>
        ))}
      </ul>
      {open.length > maxDeliveries ? (
        <p class="soft">{t("more", { count: open.length - maxDeliveries })}</p>
      ) : null}
      {dropping === null ? null : (
        <Confirm
          title={t("drop")}
          subject={t("confirmDrop", { to: placeOf(dropping), text: dropping.text })}
          action={t("drop")}
          onConfirm={() => {
            drop(null);
            void act(outbox, "outbox.drop", { key: dropping.key });
          }}
          onCancel={() => drop(null)}
        />
      )}
    </section>
  );
}

const placeOf = ({ target }: Delivery): string => `${target.channel}:${target.to}`;

function Row({
  title,
  about,
  text,
  children,
}: {
  title: string;
  about: Array<string | null | undefined>;
  text?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <li>
      <div class="fill">
        <strong>{title}</strong>
        <p class="soft">{about.filter(Boolean).join(" · ")}</p>
        {text}
      </div>
      <div class="row">{children}</div>
    </li>
  );
}

function Decide({ onYes, onNo }: { onYes: () => void; onNo: () => void }): JSX.Element {
  return (
    <>
      <button type="button" class="primary" onClick={onYes}>
        {t("approve")}
      </button>
      <button type="button" class="danger" onClick={onNo}>
        {t("reject")}
      </button>
    </>
  );
}
