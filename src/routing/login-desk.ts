import type { LoginStep } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import { UserError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ChannelHost, FoundAccount } from "./contract.ts";

/** How far a login is. */
export interface LoginView {
  /** Rises with every change: pass it on to learn of the next. */
  version: number;
  /** What to show now; null until there is something. */
  step: LoginStep | null;
  /** Set when it ended. */
  result: { connected: boolean; message: string } | null;
}

export interface LoginDesk {
  /** Begins a login, or returns to the one under way. @throws UserError LOGIN_NOT_NEEDED where a credential in the configuration is all. */
  start(wish: {
    channel: string;
    account: string;
    force?: boolean;
    phoneNumber?: string;
  }): Promise<LoginView>;
  /** The next view after `version`, or the same again when `timeoutMs` passes. Null when no login is under way. */
  next(
    place: { channel: string; account: string },
    version: number,
    timeoutMs: number,
  ): Promise<LoginView | null>;
  logout(place: { channel: string; account: string }): Promise<{ cleared: boolean }>;
}

interface Login {
  view: LoginView;
  abort: AbortController;
  /** Resolves with the next change. */
  changed: PromiseWithResolvers<void>;
}

const loginTimeoutMs = 5 * 60_000;
/** How long the outcome can still be asked for. */
const keepMs = 60_000;

/** Logins by QR or code, one at a time per account. The account rests meanwhile and starts with what came of it. */
export function createLoginDesk(deps: { host: ChannelHost; clock: Clock; logger: Logger }): LoginDesk {
  const { host, clock, logger } = deps;
  const logins = new Map<string, Login>();
  const idOf = ({ channel, account }: { channel: string; account: string }) => `${channel}\0${account}`;

  function change(login: Login, view: Partial<LoginView>): void {
    login.view = { ...login.view, ...view, version: login.view.version + 1 };
    const { resolve } = login.changed;
    login.changed = Promise.withResolvers<void>();
    resolve();
  }

  async function loaded(found: FoundAccount) {
    const { channel } = found.settings;
    const platform = await found.manifest?.load();
    if (!platform?.login)
      throw new UserError(
        "LOGIN_NOT_NEEDED",
        `${channel} needs no login: its credential is in the configuration`,
        {
          hint: `openclaw channels add --channel ${channel} --help`,
        },
      );
    return platform;
  }

  const contextOf = (found: FoundAccount, signal: AbortSignal) => ({
    account: found.settings.account,
    config: found.settings.config,
    dir: found.dir,
    clock,
    logger: logger.child(`channels/${found.settings.channel}`, { account: found.settings.account }),
    signal,
  });

  async function run(
    login: Login,
    found: FoundAccount,
    wish: { force?: boolean; phoneNumber?: string },
  ): Promise<void> {
    const { channel, account } = found.settings;
    try {
      const platform = await loaded(found);
      // Two connections of one login would throw each other out.
      await host.stopAccount(channel, account);
      const { signal } = login.abort;
      signal.throwIfAborted();
      const given = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => given.reject(signal.reason), { once: true });
      const logging = platform.login?.({
        ...contextOf(found, signal),
        ...wish,
        show: (step) => change(login, { step }),
      });
      const done = await Promise.race([logging, given.promise]);
      change(login, {
        step: null,
        result: { connected: true, message: `logged in as ${done?.identity ?? account}` },
      });
    } catch (error) {
      change(login, { step: null, result: { connected: false, message: messageOf(error) } });
    }
    await host.restartAccount(channel, account).catch((error: unknown) =>
      logger.warn("the account did not start after its login", {
        channel,
        account,
        error: messageOf(error),
      }),
    );
  }

  return {
    async start({ channel, account, ...wish }) {
      const found = host.find(channel, account);
      await loaded(found);
      const id = idOf({ channel, account });
      const known = logins.get(id);
      if (known && known.view.result === null && !wish.force) return known.view;
      known?.abort.abort(new Error("a new login was asked for"));
      const login: Login = {
        view: { version: 0, step: null, result: null },
        abort: new AbortController(),
        changed: Promise.withResolvers<void>(),
      };
      logins.set(id, login);
      const cancel = clock.after(loginTimeoutMs, () =>
        login.abort.abort(new Error("nobody completed the login in time")),
      );
      void run(login, found, wish).finally(() => {
        cancel();
        clock.after(keepMs, () => {
          if (logins.get(id) === login) logins.delete(id);
        });
      });
      return login.view;
    },
    async next(place, version, timeoutMs) {
      const login = logins.get(idOf(place));
      if (!login) return null;
      if (login.view.version > version || login.view.result) return login.view;
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(timeoutMs, () => late.resolve());
      await Promise.race([login.changed.promise, late.promise]);
      cancel();
      return login.view;
    },
    async logout({ channel, account }) {
      const found = host.find(channel, account);
      const platform = await loaded(found);
      logins.get(idOf({ channel, account }))?.abort.abort(new Error("logged out"));
      await host.stopAccount(channel, account);
      const end = new AbortController();
      const { cleared } = (await platform.logout?.(contextOf(found, end.signal))) ?? { cleared: false };
      return { cleared };
    },
  };
}
