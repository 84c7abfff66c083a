// The double as a process, to try a gateway by hand: `node test/fakes/slack/main.ts --port 8082`.
//   POST /say   {"text":"hi","by":"alice","place":"direct"}       GET /seen
//   POST /press {"by":"alice","messageId":"…","value":"…"}
import { parseArgs } from "node:util";
import { systemClock } from "../../../src/core/clock.ts";
import type { Place, Speaker } from "../../channels/driver.ts";
import { serveControl } from "../control.ts";
import { botTokens, serveSlack } from "./server.ts";
import { createWorld } from "./world.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, control: { type: "string", default: "0" } },
});
const world = createWorld(systemClock);
const server = await serveSlack(world.platform, world.people.us, { port: Number(values.port) });

function handle(path: string, given: Record<string, unknown>): unknown {
  if (path === "/seen") return { messages: world.seen(), whispers: world.platform.whispers };
  const words = (key: string) => (typeof given[key] === "string" ? given[key] : "");
  const by: Speaker = given["by"] === "bob" ? "bob" : "alice";
  if (path === "/say") {
    const place: Place =
      given["place"] === "group" || given["place"] === "thread" ? given["place"] : "direct";
    const mention = given["mention"] === true;
    const command = given["command"] === true;
    return { messageId: world.say({ by, place, text: words("text"), mention, command }) };
  }
  if (path !== "/press") throw new Error(`there is no ${path}`);
  world.press(by, words("messageId"), words("value"));
  return {};
}

const control = await serveControl(Number(values.control), handle);
const { bot, app } = botTokens("default");
console.log(
  JSON.stringify({
    apiRoot: server.apiRoot,
    botToken: bot,
    appToken: app,
    control,
  }),
);
