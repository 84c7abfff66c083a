#!/usr/bin/env node
// A fake provider as a process of its own, for the bench and for trying things out:
//   node test/fakes/providers/main.ts --wire openai-chat --port 0 [--delay-ms 0] [--text ok]
//        [--tool ls --tool-input '{}' --tool-rounds 1] [--key sk-1]
// Prints its base URL on one line; stops on SIGTERM and SIGINT.
import { parseArgs } from "node:util";
import { fakeFormats, startFakeProvider, toolRounds, type FakeStep, type FakeWire } from "./server.ts";

const { values } = parseArgs({
  options: {
    wire: { type: "string", default: "openai-chat" },
    port: { type: "string", default: "0" },
    "delay-ms": { type: "string", default: "0" },
    text: { type: "string", default: "ok" },
    tool: { type: "string" },
    "tool-input": { type: "string", default: "{}" },
    "tool-rounds": { type: "string", default: "1" },
    key: { type: "string", multiple: true },
  },
});

if (!(values.wire in fakeFormats)) {
  console.error(`unknown wire ${values.wire}; one of ${Object.keys(fakeFormats).join(", ")}`);
  process.exit(2);
}

const input: unknown = JSON.parse(values["tool-input"]);
const tool = values.tool;
const wantedRounds = Number(values["tool-rounds"]);
const provider = await startFakeProvider({
  wire: values.wire as FakeWire,
  port: Number(values.port),
  delayMs: Number(values["delay-ms"]),
  ...(values.key && { keys: values.key }),
  script: (request): FakeStep =>
    tool && toolRounds(request.body) < wantedRounds
      ? { toolCalls: [{ id: `call_${request.number}`, name: tool, input }] }
      : { text: values.text },
});
console.log(provider.baseUrl);
const stop = () => void provider.stop().then(() => process.exit(0));
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
