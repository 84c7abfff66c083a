import type { GatewayServices } from "../contract.ts";
import type { Route } from "../http/route.ts";
import { sendText } from "../http/respond.ts";
import { agentsOf, settingsOf } from "../methods/settings.ts";
import { sendJson } from "./reply.ts";

/**
 * `<base>/avatar/<agentId>?meta=1` as the Control UI asks (protocol.md 5): the address of the agent's picture when one is
 * configured as such. Pictures themselves are not served from here.
 */
export function createAvatarRoute(services: GatewayServices): Route {
  return {
    methods: ["GET", "HEAD"],
    path: `${settingsOf(services).gateway.controlUi.basePath}/avatar/:agentId`,
    auth: "public",
    maxBodyBytes: 0,
    enabled: () => settingsOf(services).gateway.controlUi.enabled,
    handle({ params, query }, response) {
      if (query.get("meta") !== "1") return sendText(response, 404, "Not Found");
      const avatar = agentsOf(services).find((agent) => agent.id === params["agentId"])?.identity?.avatar;
      sendJson(response, 200, {
        avatarUrl: avatar && /^(?:https:|data:image\/)/.test(avatar) ? avatar : null,
      });
    },
  };
}
