import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import type { LoginContext } from "../contract.ts";
import { fields, listOf, text } from "../shared/index.ts";
import { existingDaemon, startDaemon, type Daemon } from "./daemon.ts";
import { settingsOf } from "./settings.ts";

/** How long somebody may take to scan the code; Signal gives up by itself after some minutes. */
const scanMs = 5 * 60_000;
const deviceName = "OpenClaw";

/** The daemon an account is configured with: a running one, or one of our own. */
export function openDaemon(
  context: Pick<LoginContext, "config" | "dir" | "clock" | "logger" | "signal">,
): Promise<Daemon> {
  const { httpUrl, cliPath } = settingsOf(context.config);
  if (httpUrl !== null) return Promise.resolve(existingDaemon(httpUrl, context.clock));
  return startDaemon({ ...context, cliPath });
}

/**
 * Links this machine as a device of somebody's Signal: shows the code that the phone scans under Settings → Linked
 * devices. @throws UserError LOGIN_FAILED; the signal's reason when aborted
 */
export async function login(context: LoginContext): Promise<{ identity: string }> {
  const { dir, clock, signal } = context;
  const daemon = await openDaemon(context);
  try {
    const wanted = settingsOf(context.config).number;
    const known = await numbersOf(daemon, signal);
    const already = wanted === "" ? await linkedNumber(dir) : wanted;
    if (context.force !== true && already !== "" && known.includes(already)) {
      context.show({ kind: "note", text: "already linked; to link anew: --force" });
      await remember(dir, already);
      return { identity: already };
    }
    const started = fields(await daemon.rpc.call("startLink", {}, { signal }));
    const uri = text(started["deviceLinkUri"]);
    if (!/^(?:sgnl|tsdevice):/.test(uri)) throw new Error("signal-cli gave no code to scan");
    context.show({ kind: "qr", data: uri, expiresAt: clock.now() + scanMs });
    const linked = fields(
      await daemon.rpc.call("finishLink", { deviceLinkUri: uri, deviceName }, { signal, timeoutMs: scanMs }),
    );
    const number = text(linked["number"]);
    if (wanted !== "" && number !== wanted)
      throw new Error(`the phone that scanned the code is ${number}, but the account's number is ${wanted}`);
    await remember(dir, number);
    return { identity: number };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw error;
    throw new UserError("LOGIN_FAILED", `the device was not linked: ${messageOf(error)}`, {
      hint: `openclaw channels login --channel signal --account ${context.account}`,
      cause: error,
    });
  } finally {
    await daemon.stop();
  }
}

/** Forgets the login of this machine. The phone goes on listing the device until it is removed there. */
export async function logout(context: Omit<LoginContext, "show">): Promise<{ cleared: boolean }> {
  const { dir, logger } = context;
  const number = await linkedNumber(dir);
  await rm(join(dir, "signal-cli"), { recursive: true, force: true });
  await rm(linkFile(dir), { force: true });
  if (number !== "")
    logger.info("unlinked here; remove the device on the phone as well", { at: "Settings → Linked devices" });
  return { cleared: number !== "" };
}

/** The number the last login said; "" without one. */
export async function linkedNumber(dir: string): Promise<string> {
  try {
    const saved: unknown = JSON.parse(await readFile(linkFile(dir), "utf8"));
    return isObject(saved) ? text(saved["number"]) : "";
  } catch {
    // None yet, or none that can be read: the login writes it anew.
    return "";
  }
}

/** Numbers the daemon has keys of; empty for a daemon of one account, which does not say. */
async function numbersOf(daemon: Daemon, signal: AbortSignal): Promise<string[]> {
  return listOf(await daemon.rpc.call("listAccounts", {}, { signal })).map((each) => text(each["number"]));
}

async function remember(dir: string, number: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(linkFile(dir), `${JSON.stringify({ number })}\n`, { mode: 0o600 });
}

const linkFile = (dir: string) => join(dir, "linked.json");
