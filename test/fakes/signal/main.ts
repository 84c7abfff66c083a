// The double as a process. By hand: `node test/fakes/signal/main.ts --port 8080`; in the place of signal-cli it takes
// signal-cli's own words: `… --config DIR daemon --http 127.0.0.1:8080 …`.
//   POST /say {"text":"hi","by":"alice","place":"direct"}       GET /seen
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { systemClock } from "../../../src/core/clock.ts";
import { isObject } from "../../../src/core/json.ts";
import { serveSignal } from "./server.ts";
import { createWorld } from "./world.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "0" },
    control: { type: "string", default: "0" },
    config: { type: "string" },
    http: { type: "string" },
    "receive-mode": { type: "string" },
    "no-receive-stdout": { type: "boolean" },
  },
});
const world = createWorld(systemClock);
const port = Number(values.http?.split(":").at(-1) ?? values.port);
const server = await serveSignal(world.platform, { port });

if (positionals[0] === "daemon") console.log(`started HTTP server on ${server.url}`);
else {
  const control = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const parsed: unknown =
        request.url === "/say" ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : {};
      const given = isObject(parsed) ? parsed : {};
      const said = {
        by: given["by"] === "bob" ? ("bob" as const) : ("alice" as const),
        place: given["place"] === "group" ? ("group" as const) : ("direct" as const),
        text: typeof given["text"] === "string" ? given["text"] : "",
        mention: given["mention"] === true,
      };
      const answer = request.url === "/say" ? { messageId: world.say(said) } : world.seen();
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(`${JSON.stringify(answer, null, 2)}\n`);
    });
  });
  await new Promise<void>((resolve) => control.listen(Number(values.control), "127.0.0.1", resolve));
  const { port: at } = control.address() as AddressInfo;
  console.log(
    JSON.stringify({
      httpUrl: server.url,
      number: world.platform.us.number,
      control: `http://127.0.0.1:${at}`,
    }),
  );
}
