import { createServer } from "node:http";

// An OpenAI-compatible server that answers every request at once with a few streamed words. Prints its port.
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "instant", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "instant", choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } })}\n\n`;
const answer =
  chunk({ role: "assistant", content: "fine," }, null) +
  chunk({ content: " thanks" }, null) +
  chunk({}, "stop") +
  usage +
  "data: [DONE]\n\n";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" && address ? address.port : 0);
});
process.on("disconnect", () => process.exit(0));
