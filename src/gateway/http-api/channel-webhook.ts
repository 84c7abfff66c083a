import type { ChannelHost } from "../../routing/contract.ts";
import type { Route } from "../http/route.ts";

const maxBodyBytes = 1_048_576;

/**
 * Where platforms deliver: `POST /channels/<channel>/<account>`. One path belongs to one account, and the channel itself
 * verifies the signature over the raw bytes before anything happens (threats.md 4.5). An account that does not exist
 * answers like a bad signature, so that strangers cannot list accounts.
 */
export function createChannelWebhookRoute(channels: ChannelHost): Route {
  return {
    methods: ["POST"],
    path: "/channels/:channel/:account",
    auth: "own",
    anyContentType: true,
    maxBodyBytes,
    async handle(request, response) {
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(request.headers))
        if (typeof value === "string") headers[name] = value;
      const answer = await channels.handleWebhook(
        request.params["channel"] ?? "",
        request.params["account"] ?? "",
        {
          method: request.method,
          path: request.path,
          headers,
          body: request.body,
        },
      );
      const { status, body } = answer ?? {
        status: 401,
        body: JSON.stringify({ ok: false, error: "bad signature" }),
      };
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    },
  };
}
