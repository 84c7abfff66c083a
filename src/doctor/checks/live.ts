import { messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import type { Check } from "../contract.ts";

/** DOC-017: the gateway that holds this state answers. */
export const gatewayAnswers: Check = {
  id: "gateway-health",
  title: "The gateway does not answer",
  severity: "critical",
  surface: "doctor",
  mends: "by hand: `openclaw gateway restart`",
  async inspect({ ask, running }) {
    if (!running || !ask) return [];
    try {
      await ask("health");
      return [];
    } catch (error) {
      return [
        {
          evidence: `pid ${running.pid} holds port ${running.port}: ${messageOf(error)}`,
          fix: "openclaw logs --limit 50; then openclaw gateway restart",
        },
      ];
    }
  },
};

/** SAFE-003: a gateway of another version than this command. */
export const gatewayVersion: Check = {
  id: "gateway-version",
  title: "The running gateway is another version",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw gateway restart`",
  dependsOn: ["gateway-health"],
  inspect({ running, version }) {
    if (!running || running.version === version) return [];
    return [
      {
        evidence: `gateway ${running.version} (pid ${running.pid}), this command ${version}`,
        fix: "openclaw gateway restart",
      },
    ];
  },
};

/** Channels that are configured and do not work, as the running gateway sees it. */
export const channelsFail: Check = {
  id: "channels",
  title: "A channel does not work",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw channels status --probe`",
  dependsOn: ["gateway-health"],
  async inspect({ ask, running, wants }) {
    if (!running || !ask) return [];
    const status = await ask("channels.status", { probe: wants.deep });
    const accounts = isObject(status) ? status["channelAccounts"] : null;
    return Object.entries(isObject(accounts) ? accounts : {}).flatMap(([channel, list]) =>
      (Array.isArray(list) ? list : []).flatMap((account: unknown) => {
        if (!isObject(account) || account["enabled"] === false) return [];
        const error = account["lastError"];
        const works = account["running"] !== false && account["connected"] !== false;
        if (works && typeof error !== "string") return [];
        if (works && account["connected"] === true) return [];
        return [
          {
            evidence: `${channel} (${String(account["accountId"])}): ${typeof error === "string" ? error : "not running"}`,
            fix: `openclaw channels status --probe; see openclaw logs --follow`,
          },
        ];
      }),
    );
  },
};
