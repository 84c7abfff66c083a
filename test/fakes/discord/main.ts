// The double as a process, to try a gateway by hand: `node test/fakes/discord/main.ts --port 8082`.
//   POST /say   {"text":"hi","by":"alice","place":"direct","mention":false,"command":false}       GET /seen
//   POST /press {"by":"alice","messageId":"…","value":"…"}
import { parseArgs } from "node:util";
import { sleep, systemClock } from "../../../src/core/clock.ts";
import type { Place, Speaker } from "../../channels/driver.ts";
import { serveControl } from "../control.ts";
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

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

async function handle(path: string, given: Record<string, unknown>): Promise<unknown> {
  if (path === "/seen") return seenOf(world.platform);
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

const control = await serveControl(Number(values.control), handle);
console.log(
  JSON.stringify({
    apiRoot: server.url,
    token: world.bot.token,
    control,
  }),
);
