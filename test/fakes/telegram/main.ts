// The double as a process, to try a gateway by hand: `node test/fakes/telegram/main.ts --port 8081`.
//   POST /say   {"text":"hi","by":"alice","place":"direct"}       GET /seen
//   POST /press {"by":"alice","messageId":"…","value":"…"}
import { parseArgs } from "node:util";
import { sleep, systemClock } from "../../../src/core/clock.ts";
import type { Place, Speaker } from "../../channels/driver.ts";
import { serveControl } from "../control.ts";
import { createPeople } from "./people.ts";
import { seenOf } from "./seen.ts";
import { serveTelegram } from "./server.ts";
import { postOverHttp, runWebhooks } from "./webhooks.ts";
import { textOf } from "./platform.ts";
import { createWorld } from "./world.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, control: { type: "string", default: "0" } },
});
const world = createWorld(systemClock);
const server = await serveTelegram(world.platform, { port: Number(values.port) });
const people = createPeople(world.platform);
runWebhooks(world.platform, postOverHttp);

async function handle(path: string, given: Record<string, unknown>): Promise<unknown> {
  if (path === "/seen") return seenOf(world.platform);
  const by: Speaker = given["by"] === "bob" ? "bob" : "alice";
  if (path === "/say") {
    const place: Place =
      given["place"] === "group" || given["place"] === "thread" ? given["place"] : "direct";
    const said = { by, place, text: textOf(given["text"]), mention: given["mention"] === true };
    const [first] = people.say(said, world.where(place, by));
    return { messageId: `${first?.chat.id}:${first?.message_id}` };
  }
  if (path === "/press") {
    const message = world.message(textOf(given["messageId"]));
    const press = people.press(message, world.people[by], textOf(given["value"]));
    for (let tries = 0; press.waiting() && tries < 50; tries++) await sleep(systemClock, 100);
    return { shown: press.shown() };
  }
  throw new Error(`there is no ${path}`);
}

const control = await serveControl(Number(values.control), handle);
console.log(
  JSON.stringify({
    apiRoot: server.url,
    botToken: world.bot.token,
    control,
  }),
);
