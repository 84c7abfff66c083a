// The double as a process. By hand: `node test/fakes/signal/main.ts --port 8080`; in the place of signal-cli it takes
// signal-cli's own words: `… --config DIR daemon --http 127.0.0.1:8080 …`.
//   POST /say {"text":"hi","by":"alice","place":"direct"}       GET /seen
import { parseArgs } from "node:util";
import { systemClock } from "../../../src/core/clock.ts";
import { serveControl } from "../control.ts";
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
  const control = await serveControl(Number(values.control), (path, given) => {
    if (path !== "/say") return world.seen();
    const messageId = world.say({
      by: given["by"] === "bob" ? "bob" : "alice",
      place: given["place"] === "group" ? "group" : "direct",
      text: typeof given["text"] === "string" ? given["text"] : "",
      mention: given["mention"] === true,
    });
    return { messageId };
  });
  console.log(
    JSON.stringify({
      httpUrl: server.url,
      number: world.platform.us.number,
      control,
    }),
  );
}
