import type { Check } from "../contract.ts";
import { newToken } from "../short-id.ts";

/** CFG-007: the gateway starts only in mode local. */
export const gatewayMode: Check = {
  id: "gateway-mode",
  title: "gateway.mode is not set",
  severity: "warning",
  surface: "doctor",
  mends: "set to `local`",
  dependsOn: ["config-invalid"],
  inspect({ config, paths }) {
    if (config.config.gateway.mode !== undefined) return [];
    return [
      {
        evidence: `${paths.configPath}${config.exists ? "" : " does not exist"}; the gateway will not start without it`,
        fix: "openclaw config set gateway.mode local",
        undo: "openclaw config unset gateway.mode",
        repair: {
          level: "recommended",
          tick: "gateway.mode set to local",
          steps: [{ kind: "config-set", path: ["gateway", "mode"], value: "local" }],
        },
      },
    ];
  },
};

/** CONF-20, SEC-013, DOC-006: a token belongs there also on loopback, where any web page can knock. */
export const gatewayToken: Check = {
  id: "gateway-token",
  title: "The gateway has no token",
  severity: "warning",
  surface: "both",
  mends: "64 random hex digits; with `--generate-gateway-token` also by `--non-interactive`",
  dependsOn: ["config-invalid"],
  inspect({ config, wants }) {
    const { auth, mode } = config.config.gateway;
    const missing = auth.mode === "password" ? !auth.password : auth.mode === "token" && !auth.token;
    if (!missing || mode === "remote") return [];
    if (auth.mode === "password") {
      return [
        {
          title: "The gateway has no password",
          evidence: "gateway.auth.mode is password, gateway.auth.password is not set: nobody can sign in",
          fix: "openclaw config set gateway.auth.password --stdin",
          undo: "openclaw config unset gateway.auth.password",
        },
      ];
    }
    return [
      {
        evidence: "gateway.auth.token is not set, and neither is OPENCLAW_GATEWAY_TOKEN",
        fix: "openclaw doctor --generate-gateway-token",
        repair: {
          level: wants.generateToken ? "safe" : "recommended",
          tick: "gateway token generated",
          steps: [{ kind: "config-set", path: ["gateway", "auth", "token"], value: newToken() }],
        },
      },
    ];
  },
};
