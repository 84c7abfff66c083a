// The double as a process, to try a gateway by hand: `node test/fakes/slack/main.ts --port 8082`.
//   POST /say   {"text":"hi","by":"alice","place":"direct"}       GET /seen
//   POST /press {"by":"alice","messageId":"…","value":"…"}
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { systemClock } from "../../../src/core/clock.ts";
import { isObject } from "../../../src/core/json.ts";
import type { Place, Speaker } from "../../channels/driver.ts";
import { botTokens, serveSlack } from "./server.ts";
import { createWorld } from "./world.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, control: { type: "string", default: "0" } },
});
const world = createWorld(systemClock);
const server = await serveSlack(world.platform, world.people.us, { port: Number(values.port) });

const control = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    try {
      const answer = handle(request.url ?? "", Buffer.concat(chunks).toString("utf8"));
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(`${JSON.stringify(answer, null, 2)}\n`);
    } catch (error) {
      response.writeHead(400).end(`${String(error)}\n`);
    }
  });
});

function handle(path: string, body: string): unknown {
  if (path === "/seen") return { messages: world.seen(), whispers: world.platform.whispers };
  const parsed: unknown = JSON.parse(body || "{}");
  const given = isObject(parsed) ? parsed : {};
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

await new Promise<void>((resolve) => control.listen(Number(values.control), "127.0.0.1", resolve));
const { bot, app } = botTokens("default");
console.log(
  JSON.stringify({
    apiRoot: server.apiRoot,
    botToken: bot,
    appToken: app,
    control: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
  }),
);
