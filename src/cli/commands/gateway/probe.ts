import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { probeGateway } from "../../probe.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const probe = await probeGateway(context, options);
  const ok = probe.state === "ok";
  if (flag(options, "json")) {
    out.json({
      ok,
      probe: probe.state,
      url: probe.url,
      auth: probe.auth,
      probeLatencyMs: probe.latencyMs,
      ...(probe.error ? { error: probe.error } : {}),
    });
    return ok ? 0 : 1;
  }
  // The three lines of OUT-013, word for word.
  out.line(`Gateway probe: ${ok ? out.style.green(`ok (${probe.latencyMs}ms)`) : out.style.red("failed")}`);
  out.line(`WS URL: ${probe.url}`);
  out.line(`Auth: ${probe.auth}`);
  if (probe.error) {
    out.note(`${probe.error.message}${probe.error.hint ? `\nhint: ${probe.error.hint}` : ""}`);
  }
  return ok ? 0 : 1;
};
