import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { openDesk } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const desk = await openDesk(context);
  const wanted = text(options, "provider")?.toLowerCase();
  const all = await desk.list({ all: flag(options, "all") });
  const models = wanted === undefined ? all : all.filter((model) => model.provider === wanted);
  const current = (await desk.current()).ref;
  if (flag(options, "json")) {
    return out.json({
      count: models.length,
      current,
      models: models.map((model) => ({ ...model, current: model.ref === current })),
    });
  }
  if (models.length === 0) {
    out.line(wanted === undefined ? "No model can be used now." : `No model of ${wanted} can be used now.`);
    return out.note("Add a login: openclaw models auth add");
  }
  out.table(
    models.map((model) => ({
      model: model.ref === current ? `${model.ref} *` : model.ref,
      name: model.name,
      context: tokens(model.contextWindow),
      input: model.input.join("+"),
      price: price(model.price),
    })),
  );
  out.note("* in use. Choose another: openclaw models set <model>");
  if (models.every((model) => model.provider === "builtin"))
    out.note("No language model is configured yet: openclaw models auth add");
};

function tokens(count: number): string {
  return count >= 1_000_000 ? `${Math.floor(count / 1_000_000)}M` : `${Math.round(count / 1000)}k`;
}

/** Dollars per million tokens in and out. */
function price(known: { input: number; output: number } | undefined): string {
  if (!known) return "-";
  return known.input === 0 && known.output === 0 ? "free" : `$${known.input}/$${known.output}`;
}
