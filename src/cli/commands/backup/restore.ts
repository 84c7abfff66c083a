import { resolve } from "node:path";
import {
  isEncryptedFile,
  restoreBackup,
  type RestoredBackup,
  type RestoreOptions,
} from "../../../backup/index.ts";
import { UsageError } from "../../../core/errors.ts";
import { expandHome, resolvePaths, type Paths } from "../../../state/index.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { plural } from "../../format.ts";
import { flag, text } from "../../options.ts";
import { bootForeground, bootService, migrateRestored, prepareBoot, type Boot } from "./boot.ts";
import { askPassphrase } from "./passphrase.ts";

type Options = Record<string, unknown>;

export const run: CommandBody = async (context, [path = ""], options) => {
  if (flag(options, "boot")) return await restoreAndBoot(context, path, options);
  if (flag(options, "foreground"))
    throw new UsageError("--foreground goes with --boot", { hint: "add --boot" });
  const to = text(options, "to");
  const paths =
    to === undefined
      ? context.paths
      : resolvePaths({
          env: { OPENCLAW_STATE_DIR: resolve(expandHome(to, context.paths.home)) },
          home: context.paths.home,
        });
  const { out } = context;
  const done = await restoreBackup(await asked(context, { path, options, paths }));
  if (flag(options, "json")) return out.json(plain(done));
  print(context, done);
  if (done.held)
    out.line(
      "Next: openclaw doctor, then openclaw backup release when the old machine is off, then openclaw gateway",
    );
  else out.line("Next: openclaw doctor, then openclaw gateway");
  if (to === undefined && context.paths.configPath !== paths.configPath)
    out.note(
      `note: OPENCLAW_CONFIG_PATH names ${context.paths.configPath}; the restored one is in ${paths.stateDir}`,
    );
};

/** What a restore is to do, with the passphrase and a yes where they are needed. */
async function asked(
  context: CommandContext,
  given: { path: string; options: Options; paths: Paths },
): Promise<RestoreOptions> {
  const { clock, signal, version } = context;
  const { path, options, paths } = given;
  const force = flag(options, "force");
  const passphrase = (await isEncryptedFile(path))
    ? await askPassphrase(context, { twice: false })
    : undefined;
  if (force)
    await confirm(context, {
      question: `Move ${paths.stateDir} aside and restore ${path}?`,
      yes: flag(options, "yes"),
    });
  return {
    path,
    ...(passphrase ? { passphrase } : {}),
    paths,
    force,
    release: flag(options, "release"),
    version,
    clock,
    signal,
  };
}

/** Restore, repair what is safe to repair, start, wait until it answers: one command for a new machine. */
async function restoreAndBoot(given: CommandContext, path: string, options: Options): Promise<number> {
  if (text(options, "to") !== undefined)
    throw new UsageError("--boot and --to exclude each other", {
      hint: "set OPENCLAW_STATE_DIR to boot from another folder",
    });
  const interruptible = interruptibleUntilItRuns();
  const { signal } = interruptible;
  try {
    const context: CommandContext = { ...given, stdin: given.stdin, signal };
    const ready = await restored(context, path, options);
    interruptible.end();
    if (ready) await bootForeground(context, ready);
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    interruptible.end();
  }
}

/** Everything but the gateway in the foreground: how that is to be run, or null when the service runs. */
async function restored(context: CommandContext, path: string, options: Options): Promise<Boot | null> {
  const { paths, out } = context;
  const json = flag(options, "json");
  const wanted = await asked(context, { path, options, paths });
  const boot = await prepareBoot(context, {
    foreground: flag(options, "foreground"),
    replaces: wanted.force,
  });
  if (json && boot.way === "foreground")
    throw new UsageError("--json does not go with a gateway that runs here", { hint: "leave out --json" });
  let done: RestoredBackup;
  try {
    done = await restoreBackup(wanted);
  } catch (error) {
    await boot.stopped?.start();
    throw error;
  }
  if (!json) print(context, done);
  const { changes, findings } = await migrateRestored(context, boot);
  if (!json) {
    for (const change of changes) out.line(`✓ ${change}`);
    for (const finding of findings) out.note(out.style.yellow(finding));
  }
  const isHeld = done.held !== null;
  if (boot.way === "foreground") {
    out.line("There is no service: the gateway runs here until Ctrl-C.");
    if (isHeld) out.line(`To release what is held: stop it, then ${releaseCommand}, then openclaw gateway`);
    return boot;
  }
  const { service, url, notes } = await bootService(context, boot, done);
  if (json) {
    out.json({
      ...plain(done),
      migrated: changes,
      findings,
      boot: { service, url, notes },
      ...(isHeld ? { release: ["openclaw gateway stop", releaseCommand, "openclaw gateway start"] } : {}),
    });
    return null;
  }
  for (const note of notes) out.note(note);
  out.line(out.style.green(`The gateway runs and answers (${service}).`));
  out.line(`Dashboard: ${url}`);
  if (isHeld)
    out.line(
      `When the old machine is off: openclaw gateway stop && ${releaseCommand} && openclaw gateway start`,
    );
  return null;
}

const releaseCommand = "openclaw backup release";

/** Ctrl-C and SIGTERM end the restore tidily; a gateway that then runs here has its own handlers. */
function interruptibleUntilItRuns(): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onSignal = () => controller.abort(new Error("interrupted"));
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    end() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

const plain = ({ stateDir, movedAside, manifest, held }: RestoredBackup) => ({
  stateDir,
  movedAside,
  createdAt: manifest.createdAt,
  kind: manifest.kind,
  files: manifest.files.length,
  held,
  leftOut: manifest.leftOut,
});

function print({ out }: CommandContext, { stateDir, movedAside, manifest, held }: RestoredBackup): void {
  out.line(`Restored ${plural(manifest.files.length, "file")} of ${manifest.createdAt} to ${stateDir}.`);
  if (movedAside) out.line(`What was there is now in ${movedAside}.`);
  for (const left of manifest.leftOut)
    out.line(out.style.yellow(`not in the backup: ${left.path} (${left.reason})`));
  if (!held) return;
  const { messages, deliveries } = held;
  out.line(
    `Held until a release: channels, scheduled jobs, ${plural(messages.length, "unanswered message")}, ${plural(deliveries.length, "unsent message")}.`,
  );
}
