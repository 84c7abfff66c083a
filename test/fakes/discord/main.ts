// The double as a process, to try a gateway by hand: `node test/fakes/discord/main.ts --port 8082`.
//   POST /say   {"text":"hi","by":"alice","place":"direct","mention":false,"command":false}       GET /seen
//   POST /press {"by":"alice","messageId":"…","value":"…"}
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { sleep, systemClock } from "../../../src/core/clock.ts";
import { isObject } from "../../../src/core/json.ts";
import type { Place, Speaker } from "../../channels/driver.ts";
import { createPeople } from "./people.ts";
import { seenOf } from "./seen.ts";
import { serveDiscord } from "./server.ts";
import { createWorld } from "./world.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, control: { type: "string", default: "0" } },
});
const world = createWorld(systemClock);
const server = await serveDiscord(world.platform, { port: Number(values.port) });
const people = createPeople(world.platform);

const control = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    handle(request.url ?? "", Buffer.concat(chunks).toString("utf8"))
      .then((answer) =>
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(`${JSON.stringify(answer, null, 2)}\n`),
      )
      .catch((error: unknown) => response.writeHead(400).end(`${String(error)}\n`));
  });
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

async function handle(path: string, body: string): Promise<unknown> {
  if (path === "/seen") return seenOf(world.platform);
  const parsed: unknown = JSON.parse(body || "{}");
  const given = isObject(parsed) ? parsed : {};
  const by: Speaker = given["by"] === "bob" ? "bob" : "alice";
  if (path === "/say") {
    const place: Place =
      given["place"] === "group" || given["place"] === "thread" ? given["place"] : "direct";
    const said = {
      by,
      place,
      text: textOf(given["text"]),
      mention: given["mention"] === true,
      command: given["command"] === true,
    };
    return { messageId: people.say(said, world.where(place, by)) };
  }
  if (path === "/press") {
    const pressed = world.message(textOf(given["messageId"]));
    const pending = people.press(pressed, world.people[by], textOf(given["value"]));
    for (let tries = 0; !pending.answered && tries < 50; tries++) await sleep(systemClock, 100);
    return { shown: pending.shown };
  }
  throw new Error(`there is no ${path}`);
}

await new Promise<void>((resolve) => control.listen(Number(values.control), "127.0.0.1", resolve));
console.log(
  JSON.stringify({
    apiRoot: server.url,
    token: world.bot.token,
    control: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
  }),
);
