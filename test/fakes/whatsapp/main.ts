// The double as a process: node test/fakes/whatsapp/main.ts [--port 18790]
// Start the gateway with `--import ./test/fakes/whatsapp/preload.mjs`, so that it believes the double, and set
// channels.whatsapp.webSocketUrl and mediaRoot to what is printed. Lines on standard input are what people do.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { systemClock } from "../../../src/core/clock.ts";
import { newId, startPlatform } from "./platform.ts";
import { hushSignal, trustTheDouble } from "./trust.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
hushSignal();
trustTheDouble();
const platform = await startPlatform({ clock: systemClock, port: Number(values.port), onDelivered });
console.log(`webSocketUrl ws://127.0.0.1:${platform.port}/ws/chat`);
console.log(`mediaRoot    http://127.0.0.1:${platform.port}`);
console.log("type <code>      the owner types the code of `channels login --phone` on the phone");
console.log("alice <text>     Alice writes; also: bob <text>, group <text> (Alice, in the group)");

async function onDelivered(): Promise<void> {
  const last = platform.delivered.at(-1);
  const { message, to } = last ?? {};
  const text = message?.extendedTextMessage?.text ?? message?.conversation ?? JSON.stringify(message);
  console.log(`→ ${to}: ${text}`);
  await Promise.resolve();
}

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = "", ...words] = line.split(" ");
  const text = words.join(" ");
  const { alice, bob } = platform.people;
  try {
    if (verb === "type") await platform.type(text);
    else if (verb === "alice" || verb === "bob" || verb === "group")
      await platform.post({
        id: newId(),
        author: verb === "bob" ? bob : alice,
        group: verb === "group" ? platform.group : null,
        message: { conversation: text },
      });
    else console.log("type, alice, bob or group");
  } catch (error) {
    console.log(String(error));
  }
}
await platform.stop();
