import { isObject } from "../../core/json.ts";
import type { Check } from "../contract.ts";

/** SEC-012: the running gateway may have been started with flags the file knows nothing of. */
export const liveBind: Check = {
  id: "running-otherwise",
  title: "The running gateway listens elsewhere than configured",
  severity: "warning",
  surface: "audit",
  mends: "by hand: `openclaw gateway restart`",
  inspect({ running, config }) {
    if (!running) return [];
    const { port, bind } = config.config.gateway;
    const host = running.host ?? "127.0.0.1";
    const widened = bind === "loopback" && !/^(?:127\.|::1$|localhost$)/.test(host);
    if (!widened && running.port === port) return [];
    return [
      {
        severity: widened ? "critical" : "info",
        evidence: `pid ${running.pid} listens on ${host}:${running.port}; the configuration says ${bind}, port ${port}`,
        fix: "openclaw gateway restart",
      },
    ];
  },
};

/** SEC-012 */
export const liveProbe: Check = {
  id: "running-open",
  title: "The running gateway lets strangers in",
  severity: "critical",
  surface: "audit",
  mends: "by hand: set gateway.auth, then restart",
  async inspect({ running, wants, strangerGetsIn }) {
    if (!running || !wants.deep || !strangerGetsIn) return [];
    const scopes = await strangerGetsIn();
    if (scopes === null) return [];
    const granted = isObject(scopes) && Array.isArray(scopes["scopes"]) ? scopes["scopes"].join(", ") : "";
    return [
      {
        evidence: `a client without any secret was let in at port ${running.port}${granted ? ` with ${granted}` : ""}`,
        fix: "openclaw config set gateway.auth.mode token, then openclaw gateway restart",
        undo: "openclaw config set gateway.auth.mode off",
      },
    ];
  },
};
