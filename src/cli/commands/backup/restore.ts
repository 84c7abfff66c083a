import { resolve } from "node:path";
import { isEncryptedFile, restoreBackup } from "../../../backup/index.ts";
import { expandHome, resolvePaths } from "../../../state/index.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody } from "../../contract.ts";
import { plural } from "../../format.ts";
import { flag, text } from "../../options.ts";
import { askPassphrase } from "./passphrase.ts";

export const run: CommandBody = async (context, [path = ""], options) => {
  const { out, clock, signal, version } = context;
  const to = text(options, "to");
  const paths =
    to === undefined
      ? context.paths
      : resolvePaths({
          env: { OPENCLAW_STATE_DIR: resolve(expandHome(to, context.paths.home)) },
          home: context.paths.home,
        });
  const force = flag(options, "force");
  const passphrase = (await isEncryptedFile(path))
    ? await askPassphrase(context, { twice: false })
    : undefined;
  if (force)
    await confirm(context, {
      question: `Move ${paths.stateDir} aside and restore ${path}?`,
      yes: flag(options, "yes"),
    });
  const { stateDir, movedAside, manifest, held } = await restoreBackup({
    path,
    ...(passphrase ? { passphrase } : {}),
    paths,
    force,
    release: flag(options, "release"),
    version,
    clock,
    signal,
  });
  const { createdAt, files, kind, leftOut } = manifest;
  if (flag(options, "json"))
    return out.json({ stateDir, movedAside, createdAt, kind, files: files.length, held, leftOut });
  out.line(`Restored ${plural(files.length, "file")} of ${createdAt} to ${stateDir}.`);
  if (movedAside) out.line(`What was there is now in ${movedAside}.`);
  for (const left of leftOut) out.line(out.style.yellow(`not in the backup: ${left.path} (${left.reason})`));
  if (held) {
    const { messages, deliveries } = held;
    out.line(
      `Held until a release: channels, scheduled jobs, ${plural(messages.length, "unanswered message")}, ${plural(deliveries.length, "unsent message")}.`,
    );
    out.line(
      "Next: openclaw doctor, then openclaw backup release when the old machine is off, then openclaw gateway",
    );
  } else out.line("Next: openclaw doctor, then openclaw gateway");
  if (to === undefined && context.paths.configPath !== paths.configPath)
    out.note(
      `note: OPENCLAW_CONFIG_PATH names ${context.paths.configPath}; the restored one is in ${stateDir}`,
    );
};
