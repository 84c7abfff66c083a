import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { createLoginDesk, type LoginView } from "../../routing/index.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const text = z.string().min(1);
const timeoutMs = z.int().min(0).max(120_000).optional();

/** `channels.login.*`, `channels.logout`, and `web.login.*` as existing clients call them (protocol.md 3.8). */
export function createChannelLoginMethods(services: GatewayServices): Method[] {
  const { channels, clock, logger } = services;
  const desk = createLoginDesk({ host: channels, clock, logger });

  /** The first configured channel one logs in to by QR. */
  function qrChannel(): string {
    const found = channels.ids().find((id) => capable(id));
    if (found) return found;
    throw new UserError("WEB_LOGIN_UNAVAILABLE", "web login provider is not available", {
      hint: "openclaw channels add --channel whatsapp",
    });
  }
  const capable = (id: string) =>
    channels
      .available()
      .find((manifest) => manifest.id === id)
      ?.capabilities.can.includes("login") === true;

  /** The first view that has something to show. */
  async function shown(place: { channel: string; account: string }, first: LoginView, waitMs: number) {
    const until = clock.now() + waitMs;
    let view: LoginView | null = first;
    while (view && !view.step && !view.result && clock.now() < until)
      view = await desk.next(place, view.version, until - clock.now());
    return view ?? first;
  }

  return [
    method({
      name: "channels.login.start",
      authority: "admin",
      params: () =>
        z.strictObject({
          channel: text,
          accountId: text.optional(),
          force: z.boolean().optional(),
          phoneNumber: text.optional(),
          timeoutMs,
        }),
      async handler({ channel, accountId = "default", force, phoneNumber, timeoutMs: waitMs = 20_000 }) {
        const place = { channel, account: accountId };
        const first = await desk.start({
          ...place,
          ...(force === undefined ? {} : { force }),
          ...(phoneNumber === undefined ? {} : { phoneNumber }),
        });
        return shown(place, first, waitMs);
      },
    }),
    method({
      name: "channels.login.wait",
      authority: "admin",
      params: () =>
        z.strictObject({
          channel: text,
          accountId: text.optional(),
          version: z.int().min(0).optional(),
          timeoutMs,
        }),
      async handler({ channel, accountId = "default", version = 0, timeoutMs: waitMs = 30_000 }) {
        const view = await desk.next({ channel, account: accountId }, version, waitMs);
        if (view) return view;
        throw invalidRequest("no login is under way", `openclaw channels login --channel ${channel}`);
      },
    }),
    method({
      name: "channels.logout",
      authority: "admin",
      params: () => z.strictObject({ channel: text, accountId: text.optional() }),
      async handler({ channel, accountId = "default" }) {
        const { cleared } = await desk.logout({ channel, account: accountId });
        return { channel, accountId, cleared, loggedOut: true };
      },
    }),
    method({
      name: "web.login.start",
      authority: "admin",
      params: () =>
        z.strictObject({
          force: z.boolean().optional(),
          timeoutMs,
          verbose: z.boolean().optional(),
          accountId: text.optional(),
        }),
      async handler({ force, timeoutMs: waitMs = 20_000, accountId = "default" }) {
        const place = { channel: qrChannel(), account: accountId };
        const first = await desk.start({ ...place, ...(force === undefined ? {} : { force }) });
        const { step, result } = await shown(place, first, waitMs);
        if (result) return { message: result.message };
        if (step?.kind !== "qr") return { message: step?.kind === "note" ? step.text : "no code came yet" };
        const { renderSVG } = await import("uqr");
        const svg = Buffer.from(renderSVG(step.data)).toString("base64");
        return {
          message: "Scan this code in the app: Settings, Linked devices.",
          qrDataUrl: `data:image/svg+xml;base64,${svg}`,
        };
      },
    }),
    method({
      name: "web.login.wait",
      authority: "admin",
      params: () => z.strictObject({ timeoutMs, accountId: text.optional() }),
      async handler({ timeoutMs: waitMs = 120_000, accountId = "default" }) {
        const place = { channel: qrChannel(), account: accountId };
        const until = clock.now() + waitMs;
        let view = await desk.next(place, -1, 0);
        while (view && !view.result && clock.now() < until)
          view = await desk.next(place, view.version, until - clock.now());
        if (!view) return { connected: false, message: "no active login: start one first" };
        return view.result ?? { connected: false, message: "still waiting for the code to be scanned" };
      },
    }),
  ];
}
