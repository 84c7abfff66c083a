import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Command } from "../../components/command.tsx";
import { Confirm, Dialog } from "../../components/dialog.tsx";
import { tellDone, tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./devices-text.ts";

interface Pending {
  requestId: string;
  deviceId: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  role: string;
  scopes: string[];
  remoteIp?: string;
  isRepair: boolean;
  ts: number;
}

interface Paired {
  deviceId: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  approvedAtMs: number;
  tokens: Array<{ role: string; scopes: string[]; revokedAtMs?: number; lastUsedAtMs?: number }>;
}

interface Node {
  nodeId: string;
  displayName?: string;
  platform?: string;
  version?: string;
  connected: boolean;
  commands?: string[];
}

const nameOf = (device: { displayName?: string; clientId?: string; deviceId: string }) =>
  device.displayName ?? `${device.clientId ?? "?"} ${device.deviceId.slice(0, 8)}`;

/** Who may connect: devices that wait, those that were approved with what they may do, and nodes. */
export function DevicesPage(): JSX.Element {
  const query = useQuery<{ pending: Pending[]; paired: Paired[] }>(
    "device.pair.list",
    {},
    { events: ["device.pair.requested", "device.pair.resolved"], everyMs: 20_000 },
  );
  const nodes = useQuery<{ nodes: Node[] }>("node.list", {}, { events: ["presence"], everyMs: 10_000 });
  const [revoking, setRevoking] = useState<{ device: Paired; role: string } | null>(null);
  const [renewed, setRenewed] = useState<{ name: string; token: string } | null>(null);

  const act = async (method: string, params: Record<string, unknown>) => {
    try {
      await call(method, params);
      tellDone(t("done"));
      await query.reload();
    } catch (error) {
      tellFailed(error);
    }
  };
  const rotate = async (device: Paired, role: string) => {
    try {
      const { token } = await call<{ token: string }>("device.token.rotate", {
        deviceId: device.deviceId,
        role,
      });
      setRenewed({ name: nameOf(device), token });
      await query.reload();
    } catch (error) {
      tellFailed(error);
    }
  };

  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
      </header>
      <Loaded query={query}>
        {({ pending, paired }) => (
          <>
            <section class="card">
              <h2>{t("pending")}</h2>
              {pending.length === 0 ? <p class="soft">{t("nobody")}</p> : null}
              <ul class="rows">
                {pending.map((each) => (
                  <li key={each.requestId}>
                    <div>
                      <strong>{nameOf(each)}</strong>{" "}
                      <span class="soft">
                        {[each.platform, each.remoteIp, format.ago(each.ts)].filter(Boolean).join(" · ")}
                      </span>
                      <p>
                        {t("wants", { role: each.role, scopes: each.scopes.join(", ") || "–" })}
                        {each.isRepair ? ` (${t("again")})` : ""}
                      </p>
                    </div>
                    <div class="row">
                      <button
                        type="button"
                        class="primary"
                        onClick={() => void act("device.pair.approve", { requestId: each.requestId })}
                      >
                        {t("approve")}
                      </button>
                      <button
                        type="button"
                        class="danger"
                        onClick={() => void act("device.pair.reject", { requestId: each.requestId })}
                      >
                        {t("reject")}
                      </button>
                    </div>
                  </li>
                ))}
              </ul>
            </section>
            <section class="card">
              <h2>{t("paired")}</h2>
              {paired.length === 0 ? (
                <p class="soft">{t("nonePaired")}</p>
              ) : (
                <PairedTable
                  devices={paired}
                  onRevoke={(device, role) => setRevoking({ device, role })}
                  onRotate={(device, role) => void rotate(device, role)}
                />
              )}
            </section>
          </>
        )}
      </Loaded>
      <section class="card">
        <h2>{t("nodes")}</h2>
        <Loaded query={nodes}>{({ nodes: list }) => <Nodes nodes={list} />}</Loaded>
      </section>
      {revoking === null ? null : (
        <Confirm
          title={t("revoke")}
          subject={t("confirmRevoke", { name: nameOf(revoking.device) })}
          action={t("revoke")}
          onConfirm={() => {
            setRevoking(null);
            void act("device.token.revoke", { deviceId: revoking.device.deviceId, role: revoking.role });
          }}
          onCancel={() => setRevoking(null)}
        />
      )}
      {renewed === null ? null : (
        <Dialog title={t("newTitle")} onClose={() => setRenewed(null)}>
          <p>{t("newToken", { name: renewed.name })}</p>
          <Command text={renewed.token} />
        </Dialog>
      )}
    </div>
  );
}

function PairedTable({
  devices,
  onRevoke,
  onRotate,
}: {
  devices: Paired[];
  onRevoke: (device: Paired, role: string) => void;
  onRotate: (device: Paired, role: string) => void;
}): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>{t("device")}</th>
            <th>{t("role")}</th>
            <th>{t("scopes")}</th>
            <th>{t("seen")}</th>
            <th>{t("since")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {devices.flatMap((device) =>
            device.tokens.map((token) => (
              <tr key={`${device.deviceId} ${token.role}`}>
                <td>
                  {nameOf(device)} <span class="soft">{device.platform}</span>
                </td>
                <td>{token.role}</td>
                <td>{token.scopes.map((scope) => scope.replace(/^operator\./, "")).join(", ")}</td>
                <td>{token.lastUsedAtMs === undefined ? t("never") : format.ago(token.lastUsedAtMs)}</td>
                <td>{format.dateTime(device.approvedAtMs)}</td>
                <td>
                  {token.revokedAtMs === undefined ? (
                    <div class="row">
                      <button type="button" class="small" onClick={() => onRotate(device, token.role)}>
                        {t("rotate")}
                      </button>
                      <button type="button" class="small danger" onClick={() => onRevoke(device, token.role)}>
                        {t("revoke")}
                      </button>
                    </div>
                  ) : (
                    <span class="pill bad">{t("revoked")}</span>
                  )}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Nodes({ nodes }: { nodes: Node[] }): JSX.Element {
  if (nodes.length === 0) return <p class="soft">{t("noNodes")}</p>;
  return (
    <ul class="rows">
      {nodes.map((node) => (
        <li key={node.nodeId}>
          <div>
            <strong>{node.displayName ?? node.nodeId.slice(0, 8)}</strong>{" "}
            <span class={node.connected ? "pill good" : "pill"}>
              {node.connected ? t("connected") : t("away")}
            </span>{" "}
            <span class="soft">{[node.platform, node.version].filter(Boolean).join(" · ")}</span>
            {node.commands === undefined || node.commands.length === 0 ? null : (
              <p class="soft">
                {t("offers")}: {node.commands.join(", ")}
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
