import type { JSX } from "preact";
import { format } from "../../i18n/index.ts";
import type { PairedDevice } from "./devices-api.ts";
import { t } from "./devices-text.ts";
import { Scopes } from "./scopes.tsx";

export type DeviceAction = "rename" | "remove" | "rotate" | "revoke";

/** Devices that were let in, a line for each token, with what can be done about them. */
export function PairedTable({
  devices,
  onAct,
}: {
  devices: readonly PairedDevice[];
  onAct: (action: DeviceAction, device: PairedDevice, role: string) => void;
}): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0}>
      <table class="devices">
        <thead>
          <tr>
            <th>{t("device")}</th>
            <th>{t("role")}</th>
            <th>{t("scopes")}</th>
            <th>{t("seen")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {devices.flatMap((device) =>
            device.tokens.map((token, index) => {
              const button = (action: DeviceAction, danger = false) => (
                <button
                  type="button"
                  class={danger ? "small danger" : "small"}
                  onClick={() => onAct(action, device, token.role)}
                >
                  {t(action)}
                </button>
              );
              return (
                <tr key={`${device.deviceId} ${token.role}`}>
                  <td>
                    <strong>{device.displayName ?? device.clientId ?? t("device")}</strong>
                    <div class="soft">
                      {[device.platform, device.remoteIp, device.deviceId.slice(0, 8)]
                        .filter(Boolean)
                        .join(" · ")}
                    </div>
                  </td>
                  <td>{token.role}</td>
                  <td>
                    <Scopes role={token.role} scopes={token.scopes} />
                  </td>
                  <td>
                    {token.lastUsedAtMs === undefined ? t("never") : format.ago(token.lastUsedAtMs)}
                    <div class="soft">{t("sinceWhen", { time: format.dateTime(device.approvedAtMs) })}</div>
                  </td>
                  <td>
                    <div class="row">
                      {index === 0 ? button("rename") : null}
                      {token.revokedAtMs === undefined ? (
                        <>
                          {button("rotate")}
                          {button("revoke", true)}
                        </>
                      ) : (
                        <span class="pill bad">{t("revoked")}</span>
                      )}
                      {index === 0 ? button("remove", true) : null}
                    </div>
                  </td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </div>
  );
}
