import { sleep } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import type { LoginContext } from "../contract.ts";
import { clearLogin, isComplete, openLogin, type LoginState } from "./auth-state.ts";
import { explainDisconnect } from "./disconnects.ts";
import { publicId } from "./ids.ts";
import { createIntake } from "./intake.ts";
import { readSettings } from "./settings.ts";
import { openSocket, type OpenSocket } from "./socket.ts";

const firstQrMs = 60_000;
const laterQrMs = 20_000;
const mostFailures = 4;
const retryMs = 1500;
const logoutWaitMs = 15_000;

/** How a connection of a login ended. */
type End = { kind: "open" } | { kind: "closed"; status: number | undefined; message: string };

/**
 * Links this machine as a device of somebody's WhatsApp: by a QR code, or by a code typed on the phone of
 * `context.phoneNumber`. Resolves once WhatsApp has accepted the new login, so that the phone is done as well.
 * @throws UserError LOGIN_EXPIRED, LOGIN_FAILED, TARGET_INVALID; the signal's reason when aborted
 */
export async function login(context: LoginContext): Promise<{ identity: string }> {
  const { clock, logger, signal } = context;
  const digits = context.phoneNumber?.replace(/^\+|[\s().-]/g, "");
  if (digits !== undefined && !/^\d{6,15}$/.test(digits))
    throw new UserError("TARGET_INVALID", `"${context.phoneNumber}" is no phone number`, {
      hint: "give it with its country, e.g. +4915112345678",
    });
  let state = await freshLogin(context);
  if (!state) {
    const { creds } = await openLogin(context.dir, logger);
    context.show({ kind: "note", text: "already logged in; to link anew: --force" });
    return { identity: publicId(creds.me?.id ?? "") };
  }
  for (let failures = 0; ;) {
    const end = await attempt(state, context, digits);
    if (end.kind === "open") {
      await state.save();
      await state.settled();
      return { identity: publicId(state.creds.me?.id ?? "") };
    }
    if (end.status === 515) continue;
    if (end.status === 408 && !isComplete(state.creds))
      throw new UserError("LOGIN_EXPIRED", "nobody scanned the code in time", {
        hint: `openclaw channels login --channel whatsapp --account ${context.account}`,
      });
    const { trouble } = explainDisconnect(end.status, end.message, context.account);
    failures += 1;
    if (trouble.fatal || failures >= mostFailures)
      throw new UserError(
        "LOGIN_FAILED",
        `${trouble.message}${trouble.fatal ? "" : `; tried ${failures} times`}`,
        {
          hint: trouble.hint ?? "check the network, then try again",
        },
      );
    await sleep(clock, retryMs * failures, signal);
    if (!isComplete(state.creds)) {
      await state.settled();
      state = await emptyLogin(context);
    }
  }
}

/** An empty login to fill, or null when there is a complete one that may stay. */
async function freshLogin(context: LoginContext): Promise<LoginState | null> {
  const { dir, logger } = context;
  if (context.force !== true) {
    const state = await openLogin(dir, logger);
    if (isComplete(state.creds)) return null;
  }
  return await emptyLogin(context);
}

/** Half a login (a code nobody typed) would be taken for a whole one by the library. */
async function emptyLogin({ dir, logger }: LoginContext): Promise<LoginState> {
  await clearLogin(dir);
  return await openLogin(dir, logger);
}

function attempt(state: LoginState, context: LoginContext, digits: string | undefined): Promise<End> {
  const { clock, logger, signal, config } = context;
  signal.throwIfAborted();
  return new Promise<End>((resolve, reject) => {
    let codes = 0;
    const finish = (end: End): void => {
      signal.removeEventListener("abort", onAbort);
      socket.kill();
      resolve(end);
    };
    const onAbort = (): void => {
      socket.kill();
      reject(signal.reason);
    };
    const fail = (error: unknown): void =>
      finish({ kind: "closed", status: undefined, message: messageOf(error) });
    const intake = createIntake({
      own: () => ({ id: state.creds.me?.id ?? "", lid: state.creds.me?.lid ?? "" }),
      // The account's own start takes messages; one that comes this early is not acknowledged and comes again.
      take: () => Promise.reject(new Error("logging in")),
      onFailure: () => finish({ kind: "open" }),
    });
    const socket = openSocket(
      { webSocketUrl: readSettings(config).settings.webSocketUrl },
      state,
      intake,
      logger,
    );
    socket.onStanza((node) => intake.notice(node));
    socket.onUpdate(({ qr, connection, lastDisconnect }) => {
      if (qr) {
        codes += 1;
        if (digits === undefined)
          context.show({
            kind: "qr",
            data: qr,
            expiresAt: clock.now() + (codes === 1 ? firstQrMs : laterQrMs),
          });
        else if (codes === 1)
          socket.library
            .requestPairingCode(digits)
            .then(
              (code) => context.show({ kind: "code", code: `${code.slice(0, 4)}-${code.slice(4)}` }),
              fail,
            );
      }
      if (connection === "open") finish({ kind: "open" });
      if (connection === "close") {
        const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined;
        finish({ kind: "closed", status: error?.output?.statusCode, message: messageOf(error ?? "closed") });
      }
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Takes this machine off the phone's list of linked devices, where WhatsApp can be reached, and removes what the login
 * left on disk.
 */
export async function logout(context: Omit<LoginContext, "show">): Promise<{ cleared: boolean }> {
  const { dir, logger, clock, signal } = context;
  try {
    const state = await openLogin(dir, logger);
    // The library goes on writing keys after its connection is closed; none may come back behind the removal.
    if (isComplete(state.creds)) await tellWhatsApp(state, context).finally(() => state.end());
  } catch (error) {
    signal.throwIfAborted();
    logger.warn("WhatsApp was not told of the logout; remove the device on the phone", {
      error: messageOf(error),
      at: clock.now(),
    });
  }
  return { cleared: await clearLogin(dir) };
}

function tellWhatsApp(state: LoginState, context: Omit<LoginContext, "show">): Promise<void> {
  const { clock, logger, signal, config } = context;
  return new Promise<void>((resolve, reject) => {
    const settle = (error?: unknown): void => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      socket.kill();
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error(messageOf(error)));
    };
    const onAbort = (): void => settle(signal.reason);
    const cancel = clock.after(logoutWaitMs, () => settle(new Error("WhatsApp did not answer")));
    const intake = createIntake({
      own: () => ({ id: state.creds.me?.id ?? "", lid: state.creds.me?.lid ?? "" }),
      take: () => Promise.reject(new Error("logging out")),
      onFailure: () => {},
    });
    const socket: OpenSocket = openSocket(
      { webSocketUrl: readSettings(config).settings.webSocketUrl },
      state,
      intake,
      logger,
    );
    let told = false;
    socket.onStanza((node) => intake.notice(node));
    socket.onUpdate(({ connection, lastDisconnect }) => {
      if (connection === "open") {
        told = true;
        socket.library.logout().catch(settle);
      }
      if (connection === "close") settle(told ? undefined : (lastDisconnect?.error ?? new Error("closed")));
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
