import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Command } from "../../components/command.tsx";
import { Confirm, Dialog } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { place } from "../../router.ts";
import { nameOf, type PairedDevice, type PendingDevice } from "./devices-api.ts";
import { t } from "./devices-text.ts";
import { LoginCodeDialog } from "./login-code.tsx";
import { NodeDetail } from "./node-detail.tsx";
import { NodeList } from "./node-list.tsx";
import { PairedTable, type DeviceAction } from "./paired-table.tsx";
import { PendingList } from "./pending-list.tsx";
import { RenameDialog } from "./rename-dialog.tsx";

/** Who may connect: devices that wait, those that were approved with what they may do, and nodes. */
export function DevicesPage(): JSX.Element {
  const nodeId = place.value.query.get("node");
  return nodeId === null ? <Lists /> : <NodeDetail key={nodeId} nodeId={nodeId} />;
}

interface Asked {
  action: DeviceAction;
  device: PairedDevice;
  role: string;
}

function Lists(): JSX.Element {
  const query = useQuery<{ pending: PendingDevice[]; paired: PairedDevice[] }>(
    "device.pair.list",
    {},
    { events: ["device.pair.requested", "device.pair.resolved", "presence"], everyMs: 20_000 },
  );
  const [asked, ask] = useState<Asked | null>(null);
  const [renewed, setRenewed] = useState<{ name: string; token: string } | null>(null);
  const [coding, setCoding] = useState(false);

  const act = async (method: string, params: Record<string, unknown>) => {
    ask(null);
    await perform(() => call(method, params), t("done"));
    await query.reload();
  };
  const rotate = async (device: PairedDevice, role: string) => {
    ask(null);
    const { deviceId } = device;
    try {
      const { token } = await call<{ token: string }>("device.token.rotate", { deviceId, role });
      setRenewed({ name: nameOf(device), token });
      await query.reload();
    } catch (error) {
      tellFailed(error);
    }
  };
  const confirmed = ({ action, device, role }: Asked) => {
    const { deviceId } = device;
    if (action === "rotate") void rotate(device, role);
    else if (action === "revoke") void act("device.token.revoke", { deviceId, role });
    else void act("device.pair.remove", { deviceId });
  };

  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        {may("admin") ? (
          <button type="button" onClick={() => setCoding(true)}>
            {t("codeMake")}
          </button>
        ) : null}
      </header>
      <Loaded query={query}>
        {({ pending, paired }) => (
          <>
            <PendingList
              devices={pending}
              onAnswer={({ requestId }, answer) => void act(`device.pair.${answer}`, { requestId })}
            />
            <section class="card">
              <h2>{t("paired")}</h2>
              {paired.length === 0 ? (
                <p class="soft">{t("nonePaired")}</p>
              ) : (
                <PairedTable
                  devices={paired}
                  onAct={(action, device, role) => ask({ action, device, role })}
                />
              )}
            </section>
          </>
        )}
      </Loaded>
      <NodeList />
      {asked === null ? null : asked.action === "rename" ? (
        <RenameDialog
          name={nameOf(asked.device)}
          onRename={(displayName) =>
            void act("device.rename", { deviceId: asked.device.deviceId, displayName })
          }
          onClose={() => ask(null)}
        />
      ) : (
        <Confirm
          title={t(asked.action)}
          subject={t(`confirm_${asked.action}`, { name: nameOf(asked.device), role: asked.role })}
          action={t(asked.action)}
          onConfirm={() => confirmed(asked)}
          onCancel={() => ask(null)}
        />
      )}
      {renewed === null ? null : (
        <Dialog title={t("newTitle")} onClose={() => setRenewed(null)}>
          <p>{t("newToken", { name: renewed.name })}</p>
          <Command text={renewed.token} />
        </Dialog>
      )}
      {coding ? <LoginCodeDialog onClose={() => setCoding(false)} /> : null}
    </div>
  );
}
