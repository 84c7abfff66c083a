import { z } from "zod";
import { sortableId } from "../../core/ids.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { attachmentsSchema, storeAttachments } from "./attachments.ts";
import { createChatLookMethods, tellFollowers } from "./chat-live.ts";
import { createVersionMethod, replacementOf, stopBefore, type Replacement } from "./chat-rewind.ts";
import { newestOf, oldestOf, textMessage } from "./messages.ts";
import { deliveryTarget, thinkingOf, throwIfRefused, timeoutOf } from "./run-requests.ts";
import { invalidRequest, sessionKeyOf } from "./settings.ts";

/** JSON of a history answer (protocol.md 3.4). */
const maxHistoryBytes = 6 * 1024 * 1024;
/** Messages that mean "stop what you are doing" when they are the whole text. */
const stopWords = new Set(["/stop", "stop", "esc", "abort", "wait", "exit", "interrupt"]);

const key = z.string().min(1);

/** WebChat: history, send, abort, inject (protocol.md 3.4). */
export function createChatMethods(services: GatewayServices): Method[] {
  const { sessions, runs, clock } = services;

  async function stop(sessionKey: string, runId: string | undefined, reason: "rpc" | "stop") {
    const runIds = await runs.abort({ sessionKey, ...(runId === undefined ? {} : { runId }), reason });
    return { ok: true, aborted: runIds.length > 0, runIds };
  }

  return [
    ...createChatLookMethods(services),
    createVersionMethod(services),
    method({
      name: "chat.history",
      authority: "read",
      params: z.strictObject({
        sessionKey: key,
        limit: z.int().min(1).max(1000).optional(),
        // `older` of an earlier answer, for the messages before those.
        before: z.int().min(0).optional(),
        // Place of an entry (`at` of a hit, `newer` of an earlier answer), for the messages from there on.
        from: z.int().min(0).optional(),
      }),
      handler({ sessionKey, limit = 200, before, from }) {
        const canonical = sessionKeyOf(services, sessionKey).canonical;
        const record = sessions.get(canonical);
        // One more than asked tells whether there is more after them.
        const page = record
          ? sessions.page(canonical, { limit: from === undefined ? limit : limit + 1, before, from })
          : [];
        const limits = { limit, maxBytes: maxHistoryBytes };
        const { messages, older, newer } =
          from === undefined
            ? { ...newestOf(page, limits), newer: null }
            : { ...oldestOf(page, limits), older: null };
        return {
          sessionKey,
          ...(record ? { sessionId: record.sessionId } : {}),
          messages,
          // Only where there is more: clients of the existing system never asked for pages.
          ...(older === null ? {} : { older }),
          ...(newer === null ? {} : { newer }),
          ...(record?.settings.thinkingLevel === undefined
            ? {}
            : { thinkingLevel: record.settings.thinkingLevel }),
          ...(record?.settings.verboseLevel === undefined
            ? {}
            : { verboseLevel: record.settings.verboseLevel }),
        };
      },
    }),
    method({
      name: "chat.send",
      authority: "write",
      params: z.strictObject({
        sessionKey: key,
        message: z.string(),
        idempotencyKey: key,
        thinking: z.string().optional(),
        deliver: z.boolean().optional(),
        attachments: attachmentsSchema.optional(),
        timeoutMs: z.int().min(0).optional(),
        // Id of an earlier message of the owner's: this one takes its place, and all that was said after it is superseded.
        replaces: key.optional(),
        // With `replaces`: what runs in the session is stopped, instead of the request being refused.
        stopFirst: z.boolean().optional(),
      }),
      async handler(params, context) {
        const text = params.message;
        if (params.replaces === undefined && stopWords.has(text.trim().toLowerCase()))
          return stop(params.sessionKey, undefined, "stop");
        if (text.trim() === "" && !params.attachments?.length) {
          throw invalidRequest("message or attachment required");
        }
        const media = await storeAttachments(sessions, params.attachments);
        if (text.trim() === "" && media.length === 0) {
          throw invalidRequest("only images (png, jpeg, gif, webp) can be attached");
        }
        const { canonical } = sessionKeyOf(services, params.sessionKey);
        const route = sessions.get(canonical)?.route ?? null;
        // Sent again under its key it is the same message, whatever has become of what it replaced.
        const isNew = services.ledger.message(`chat.send:${params.idempotencyKey}`) === null;
        let replacement: Replacement | null = null;
        if (params.replaces !== undefined && isNew) {
          const wanted = { sessionKey: canonical, id: params.replaces, text };
          replacement = replacementOf(services, wanted);
          if (params.stopFirst) {
            await stopBefore(services, canonical);
            // Looked at again after the wait, in the turn in which the message is given to the ledger.
            replacement = replacementOf(services, wanted);
          }
        }
        const submitted = await runs.submit({
          door: "chat.send",
          key: params.idempotencyKey,
          sessionKey: params.sessionKey,
          principal: context.principal,
          text,
          // Pictures stay with a message unless it comes with files of its own.
          media: replacement && media.length === 0 ? replacement.media : media,
          ...(replacement ? { replaces: replacement.replaces } : {}),
          deliverTo: params.deliver ? deliveryTarget(services.channels, {}, route) : null,
          options: { ...thinkingOf(params.thinking), ...timeoutOf(params.timeoutMs) },
          connId: context.connection.id,
        });
        throwIfRefused(submitted);
        if (submitted.status === "started") tellFollowers(services, submitted.sessionKey);
        if (submitted.status === "done") {
          const failed = submitted.outcome?.status === "error" || submitted.outcome?.status === "timeout";
          return {
            runId: params.idempotencyKey,
            status: failed ? "error" : "ok",
            ...(failed ? { summary: submitted.outcome?.error?.message } : {}),
          };
        }
        return { runId: params.idempotencyKey, status: submitted.status };
      },
    }),
    method({
      name: "chat.abort",
      authority: "write",
      params: z.strictObject({ sessionKey: key, runId: key.optional() }),
      handler: ({ sessionKey, runId }) => stop(sessionKey, runId, "rpc"),
    }),
    method({
      name: "chat.inject",
      authority: "admin",
      hidden: true,
      params: z.strictObject({
        sessionKey: key,
        message: z.string().min(1),
        label: z.string().max(100).optional(),
      }),
      async handler({ sessionKey, message, label }) {
        const canonical = sessionKeyOf(services, sessionKey).canonical;
        if (!sessions.get(canonical)) throw invalidRequest(`session not found: ${sessionKey.slice(0, 120)}`);
        const ts = clock.now();
        const messageId = sortableId(ts);
        const text = label === undefined ? message : `[${label}]\n\n${message}`;
        await sessions.append(canonical, [
          {
            id: messageId,
            ts,
            role: "assistant",
            kind: "injected",
            content: [{ type: "text", text }],
            origin: { door: "chat.inject", trust: "owner" },
          },
        ]);
        services.broadcaster.broadcast(
          "chat",
          {
            runId: `inject-${messageId}`,
            sessionKey,
            seq: 0,
            state: "final",
            message: textMessage(text, ts),
          },
          { droppable: false, requires: "read" },
        );
        return { ok: true, messageId };
      },
    }),
  ];
}
