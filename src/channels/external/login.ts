import { mkdir } from "node:fs/promises";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Channel, LoginContext } from "../contract.ts";
import { startAdapter } from "./child.ts";
import type { AdapterPackage } from "./manifest.ts";
import { loginStepOf } from "./wire.ts";

/** Somebody has to take a phone out and scan. */
const loginMs = 10 * 60_000;
const logoutMs = 60_000;

/** Login and logout of somebody else's channel: a process of its own for as long as that takes. */
export function externalLogin(pack: AdapterPackage): Required<Pick<Channel, "login" | "logout">> {
  return {
    async login(context) {
      const { phoneNumber, force } = context;
      const wish = { ...(phoneNumber ? { phoneNumber } : {}), ...(force ? { force } : {}) };
      const answer = await once(pack, context, {
        method: "login",
        params: wish,
        timeoutMs: loginMs,
        show: (step) => context.show(loginStepOf(step)),
      });
      const identity = isObject(answer) ? answer["identity"] : undefined;
      return { identity: typeof identity === "string" && identity !== "" ? identity : context.account };
    },
    async logout(context) {
      const answer = await once(pack, context, { method: "logout", params: {}, timeoutMs: logoutMs });
      return { cleared: isObject(answer) && answer["cleared"] === true };
    },
  };
}

/** @throws UserError LOGIN_FAILED with what the adapter says. */
async function once(
  pack: AdapterPackage,
  context: Omit<LoginContext, "show">,
  call: { method: string; params: JsonObject; timeoutMs: number; show?(step: JsonValue | undefined): void },
): Promise<JsonValue> {
  const { account, config, dir, clock, logger, signal } = context;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const adapter = await startAdapter({
    package: pack,
    dir,
    clock,
    logger,
    handle(method, params) {
      if (method !== "show" || !call.show)
        return Promise.reject(
          new OpenClawError("METHOD_UNKNOWN", `there is no method "${method.slice(0, 60)}"`),
        );
      call.show(params["step"]);
      return Promise.resolve(null);
    },
  });
  try {
    const { timeoutMs } = call;
    return await adapter.call(call.method, { ...call.params, account, config, dir }, { timeoutMs, signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof OpenClawError)) throw error;
    throw new UserError("LOGIN_FAILED", `${pack.label}: ${error.message}`, { cause: error });
  } finally {
    await adapter.kill();
  }
}
