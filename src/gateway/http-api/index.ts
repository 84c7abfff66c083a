import type { GatewayServices } from "../contract.ts";
import type { Route } from "../http/route.ts";
import { agentsOf, settingsOf } from "../methods/settings.ts";
import { createAvatarRoute } from "./avatar.ts";
import { chatCompletions } from "./chat-completions.ts";
import { ApiError, sendJson } from "./reply.ts";
import { answering } from "./request.ts";
import { responses } from "./responses.ts";
import { toolsInvoke } from "./tools-invoke.ts";

const toolBodyBytes = 2 * 1024 * 1024;

/**
 * The HTTP interfaces for other programs (protocol.md 5): `/v1/chat/completions`, `/v1/responses`, `/v1/models`,
 * `/tools/invoke`, which need the gateway's shared secret as bearer, and the pictures the Control UI asks for.
 */
export function createHttpApiRoutes(services: GatewayServices): Route[] {
  const endpoints = () => settingsOf(services).gateway.http.endpoints;
  const anyEnabled = () => endpoints().chatCompletions.enabled || endpoints().responses.enabled;
  return [
    createAvatarRoute(services),
    {
      methods: ["POST"],
      path: "/v1/chat/completions",
      auth: "bearer",
      authority: "write",
      maxBodyBytes: endpoints().chatCompletions.maxBodyBytes,
      enabled: () => endpoints().chatCompletions.enabled,
      handle: (request, response) =>
        answering(services, response, () => chatCompletions(services, request, response)),
    },
    {
      methods: ["POST"],
      path: "/v1/responses",
      auth: "bearer",
      authority: "write",
      maxBodyBytes: endpoints().responses.maxBodyBytes,
      enabled: () => endpoints().responses.enabled,
      handle: (request, response) =>
        answering(services, response, () => responses(services, request, response)),
    },
    {
      methods: ["GET"],
      path: "/v1/models",
      auth: "bearer",
      authority: "read",
      maxBodyBytes: 0,
      enabled: anyEnabled,
      handle: (_request, response) => sendJson(response, 200, { object: "list", data: modelList(services) }),
    },
    {
      methods: ["GET"],
      path: "/v1/models/:id",
      auth: "bearer",
      authority: "read",
      maxBodyBytes: 0,
      enabled: anyEnabled,
      handle: (request, response) =>
        answering(services, response, async () => {
          const id = request.params["id"] ?? "";
          const model = modelList(services).find((each) => each.id === id);
          if (!model) {
            throw new ApiError(
              404,
              "invalid_request_error",
              `The model '${id.slice(0, 80)}' does not exist`,
              {
                param: "model",
                code: "model_not_found",
              },
            );
          }
          sendJson(response, 200, model);
        }),
    },
    {
      methods: ["POST"],
      path: "/tools/invoke",
      auth: "bearer",
      authority: "admin",
      maxBodyBytes: toolBodyBytes,
      handle: (request, response) =>
        answering(services, response, () => toolsInvoke(services, request, response)),
    },
  ];
}

/** Agents first (`openclaw`, `openclaw:<id>`), then the models of the catalogue by reference. */
function modelList(services: GatewayServices) {
  const created = Math.floor(services.startedAt / 1000);
  const entry = (id: string, owner: string) => ({ id, object: "model" as const, created, owned_by: owner });
  return [
    entry("openclaw", "openclaw"),
    ...agentsOf(services).map((agent) => entry(`openclaw:${agent.id}`, "openclaw")),
    ...services.models.list().map((model) => entry(model.ref, model.provider)),
  ];
}
