import { z } from "zod";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";

const input = z.strictObject({
  channel: z.string().min(1).max(64).describe("Channel, e.g. telegram"),
  to: z.string().min(1).max(256).describe("Chat or user id on that channel"),
  text: z.string().min(1).max(32_000),
  account: z.string().min(1).max(64).optional().describe("Account of the channel when there are several"),
});

/** Sends through the outbox; the gateway checks the requester against the target. */
export function messageTool(services: { sendMessage: NonNullable<ToolServices["sendMessage"]> }): Tool {
  return defineTool({
    name: "message",
    description: "Send a message to somebody on a channel. Not needed to answer the current conversation.",
    groups: ["group:messaging"],
    effect: "network",
    input,
    async run({ channel, to, text, account }, context) {
      const { status, deliveryId } = await services.sendMessage({
        channel,
        to,
        text,
        account: account ?? null,
        principal: context.principal,
        sessionKey: context.sessionKey,
        idempotencyKey: `message:${context.runId}:${context.callId}`,
      });
      return textOutput(`${status} to ${channel} ${to} (delivery ${deliveryId})`);
    },
  });
}
