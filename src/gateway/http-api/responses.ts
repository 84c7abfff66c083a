import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { RunOutcome } from "../../core/outcome.ts";
import type { GatewayServices } from "../contract.ts";
import type { RouteRequest } from "../http/route.ts";
import { failureText, thinkingOf } from "../methods/run-requests.ts";
import { createMediaReader } from "./input-media.ts";
import { ApiError, openStream, sendJson } from "./reply.ts";
import { ownerOf, parseBody } from "./request.ts";
import { readInput } from "./responses-input.ts";
import {
  createResponseStream,
  functionCalls,
  messageItem,
  responseObject,
  type ResponseHead,
} from "./responses-output.ts";
import { answerId, sessionOf, targetOf } from "./target.ts";
import { clientToolsOf, toolChoiceOf } from "./tools-schema.ts";
import { answerText, followRun, turnOf, type TextSink } from "./turn.ts";

const bodySchema = z.object({
  model: z.string().default("openclaw"),
  input: z.union([z.string(), z.array(z.unknown())]),
  instructions: z.string().nullish(),
  tools: z.unknown().optional(),
  tool_choice: z.unknown().optional(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().positive().nullish(),
  user: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  reasoning: z.object({ effort: z.string().nullish() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** POST /v1/responses: one turn of an agent behind OpenResponses (protocol.md 5). */
export async function responses(
  services: GatewayServices,
  request: RouteRequest,
  response: ServerResponse,
): Promise<void> {
  const body = parseBody(request.body, bodySchema);
  const target = targetOf(services, request.headers, body.model);
  const turn = await turnOf(
    services,
    await readInput(body.input, createMediaReader(services, request.signal)),
  );
  const clientTools = clientToolsOf(body.tools);
  const session =
    previousSession(services, body.previous_response_id) ??
    sessionOf(services, {
      headers: request.headers,
      agentId: target.agentId,
      user: body.user ?? undefined,
      prefix: "openresponses",
    });
  const system = [body.instructions ?? "", turn.system].filter((text) => text !== "").join("\n\n");
  const head: ResponseHead = {
    id: answerId(request.headers, "resp"),
    createdAt: Math.floor(services.clock.now() / 1000),
    model: body.model,
    instructions: body.instructions ?? null,
    previousResponseId: body.previous_response_id ?? null,
    metadata: body.metadata ?? {},
    tools: Array.isArray(body.tools) ? body.tools : [],
    toolChoice: body.tool_choice ?? "auto",
  };
  let writer: ReturnType<typeof createResponseStream> | null = null;
  const sink: TextSink = { text: "", onDelta: (delta) => writer?.text(delta) };
  const outcome = await followRun(
    services,
    {
      door: "http.responses",
      key: head.id,
      sessionKey: session.sessionKey,
      principal: ownerOf(request),
      text: turn.text,
      media: turn.media,
      mode: "followup",
      options: {
        ...(system === "" ? {} : { extraSystemPrompt: system }),
        ...(clientTools.length === 0 ? {} : { clientTools }),
        ...toolChoiceOf(body.tool_choice),
        ...(body.max_output_tokens ? { maxOutputTokens: body.max_output_tokens } : {}),
        ...(target.model === undefined ? {} : { model: target.model }),
        ...thinkingOf(body.reasoning?.effort ?? undefined),
        ...(turn.history.length === 0 || session.known ? {} : { history: turn.history }),
        ...(turn.toolResults.length === 0 ? {} : { clientToolResults: turn.toolResults }),
      },
    },
    {
      signal: request.signal,
      sink,
      onAccepted() {
        if (body.stream === true) writer = createResponseStream(openStream(response, services.clock), head);
      },
    },
  );
  if (writer === null) return sendWhole(response, head, outcome);
  (writer as ReturnType<typeof createResponseStream>).end(outcome, sink.text);
}

/**
 * The conversation of an earlier answer: its id is the id of a run the ledger knows.
 * @throws ApiError 400 when the id is unknown: going on without the conversation would look like forgetting it.
 */
function previousSession(services: GatewayServices, id: string | null | undefined) {
  if (!id) return null;
  const run = services.ledger.findRun(id);
  if (run) return { sessionKey: run.sessionKey, known: true };
  throw new ApiError(
    400,
    "invalid_request_error",
    `Previous response with id '${id.slice(0, 80)}' not found.`,
    {
      param: "previous_response_id",
      code: "previous_response_not_found",
    },
  );
}

function sendWhole(response: ServerResponse, head: ResponseHead, outcome: RunOutcome): void {
  if (outcome.status !== "ok") {
    throw new ApiError(
      500,
      "api_error",
      failureText(outcome),
      outcome.error ? { code: outcome.error.code } : {},
    );
  }
  const calls = functionCalls(outcome);
  const text = answerText(outcome);
  const output = [
    ...(text !== "" || calls.length === 0 ? [messageItem(`msg_${head.id}`, text, "completed")] : []),
    ...calls,
  ];
  sendJson(
    response,
    200,
    responseObject(head, calls.length > 0 ? "incomplete" : "completed", { output, outcome }),
  );
}
