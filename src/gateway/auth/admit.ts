import { scopes as knownScopes, type Principal, type Scope } from "../../core/authority.ts";
import { Secret } from "../../core/secret.ts";
import type { Limiter } from "../../guard/index.ts";
import { negotiate, type ProtocolVersion, type WireError } from "../../protocol/index.ts";
import type { PairRequest, PendingDevice, Role, TokenRecord } from "../devices/records.ts";
import type { DeviceStore } from "../devices/store.ts";
import type { OriginDecision } from "../http/origin.ts";
import type { ServerSettings } from "../settings.ts";
import type { ConnectParams } from "../ws/connect-params.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Credential } from "./credential.ts";
import type { ProofContext, ProofDecision } from "./device-proof.ts";
import { looksLikeLoginCode, type LoginCodes } from "./login-codes.ts";
import { checkSharedSecret } from "./shared-secret.ts";
import { acceptsTailscale, type TailscaleClaim, type TailscaleIdentity } from "./tailscale-identity.ts";

/** What the upgrade request told, kept without the request itself. */
export interface UpgradeFacts {
  connId: string;
  address: ClientAddress;
  origin: OriginDecision;
  /** Name in the Host header: how this client reaches the gateway. */
  hostName: string | null;
  /** `?token=` of the upgrade URL, an equivalent of `auth.token` (CONF-42). */
  queryToken: Secret | null;
  /** What Tailscale Serve says about the visitor, unproven; null when it does not count. */
  tailscale: TailscaleClaim | null;
  /** The nonce of this socket's challenge. */
  nonce: string;
}

export interface AdmitContext {
  settings: ServerSettings;
  devices: DeviceStore;
  limiter: Limiter;
  loginCodes: LoginCodes;
  verifyDevice: (context: ProofContext) => ProofDecision;
  /** Set when the claim of the upgrade was confirmed. */
  identity?: TailscaleIdentity | null;
}

export type Admission =
  | {
      ok: true;
      protocol: ProtocolVersion;
      principal: Principal;
      credential: Credential;
      deviceId: string | null;
      token: TokenRecord | null;
      /** Set when a direct local client was paired just now. */
      silentlyPaired: { requestId: string; deviceId: string } | null;
    }
  | {
      ok: false;
      error: WireError;
      closeCode: 1002 | 1008;
      /** Set when a new pairing request was recorded. */
      pairing?: PendingDevice;
    };

type Refusal = Extract<Admission, { ok: false }>;

/**
 * Decides over a `connect`: protocol, role, Origin, device proof, secret or device token, pairing (protocol.md 2,
 * "Order of server checks"). What is granted depends on the verified credential, the stored record and our policy
 * alone (threats.md 4.1); every attempt with a credential is charged before it is checked.
 */
export function admit(params: ConnectParams, facts: UpgradeFacts, context: AdmitContext): Admission {
  const protocol = negotiate(params.minProtocol, params.maxProtocol);
  if (protocol === null) {
    return {
      ok: false,
      closeCode: 1002,
      error: { code: "INVALID_REQUEST", message: "protocol mismatch", details: { expectedProtocol: 3 } },
    };
  }
  if (params.role !== "operator" && params.role !== "node") return invalid("invalid role");
  if (!facts.origin.allowed) return invalid(facts.origin.message, { hint: facts.origin.hint });
  const { settings } = context;
  const isControlUi = params.client.id === "openclaw-control-ui";
  const ignoresDevice = isControlUi && settings.controlUi.dangerouslyDisableDeviceAuth;

  let device: { deviceId: string; publicKey: string } | null = null;
  if (params.device !== undefined && !ignoresDevice) {
    const proof = context.verifyDevice({
      claim: params.device,
      clientId: params.client.id,
      clientMode: params.client.mode,
      role: params.role,
      scopes: params.scopes,
      token: params.auth.token ?? "",
      challenge: facts.nonce,
      nonceRequired: protocol >= 4 || !facts.address.direct,
    });
    if (!proof.ok) return invalid(proof.message);
    device = proof;
  }
  const caller: Caller = {
    params,
    facts,
    context,
    protocol,
    role: params.role,
    requested: knownAmong(params),
    asksForAll: params.role === "operator" && params.scopes.length === 0,
    device,
  };
  const proven = prove(caller);
  if (!proven.ok) return proven;
  const { proof } = proven;
  if (device !== null && proof.kind === "login-code") return admitWithCode(caller, device, proof.scopes);
  if (proof.kind === "login-code") return needsDevice(params);
  return device === null ? admitPlain(caller, proof) : admitDevice(caller, device, { ...proven, proof });
}

interface Caller {
  params: ConnectParams;
  facts: UpgradeFacts;
  context: AdmitContext;
  protocol: ProtocolVersion;
  role: Role;
  /** Known scopes among those asked for; none for nodes. */
  requested: Scope[];
  /** An empty list: everything the credential may give (protocol.md 2, `scopes`). */
  asksForAll: boolean;
  device: { deviceId: string; publicKey: string } | null;
}

/** A one-time login is no credential: it turns into the token of the device that showed it. */
type Proof = Credential["proof"] | { kind: "login-code"; scopes: readonly Scope[] };
type Proven = { ok: true; proof: Proof; token: TokenRecord | null };

/** Whether the client gave a secret of any kind: then that decides, never who Tailscale says it is. */
export function presentsSecret(params: ConnectParams, facts: UpgradeFacts): boolean {
  return [params.auth.token, params.auth.password, facts.queryToken?.reveal()].some(
    (given) => (given ?? "") !== "",
  );
}

/** The shared secret, else the device's own token, else who Tailscale confirmed it is. */
function prove({ params, facts, context, role, requested, device }: Caller): Proven | Refusal {
  const { settings, devices, limiter, identity = null } = context;
  const token = params.auth.token ?? facts.queryToken?.reveal();
  const { password } = params.auth;
  const presented = presentsSecret(params, facts);
  // A paired device that proved its key is counted by itself: others cannot lock it out, nor it them.
  const key =
    device !== null && context.devices.get(device.deviceId) !== undefined
      ? `device|${device.deviceId}`
      : `secret|${facts.address.limitKey}`;
  const charge = presented && settings.auth.mode !== "off" ? limiter.charge(key) : null;
  if (charge?.allowed === false) return lockedOut(charge.retryAfterMs);

  const shared = checkSharedSecret({ token, password }, settings, facts.address.direct);
  if (shared.valid) {
    if (charge?.allowed === true) charge.refund();
    const { mode } = settings.auth;
    const proof: Credential["proof"] =
      shared.secret === null || mode === "off"
        ? { kind: "local" }
        : { kind: "secret", mode, secret: shared.secret };
    return { ok: true, proof, token: null };
  }
  if (device !== null && token !== undefined) {
    const record = devices.checkToken({ deviceId: device.deviceId, role, token, scopes: requested });
    if (record !== null) {
      if (charge?.allowed === true) charge.refund();
      return { ok: true, proof: { kind: "device-token", token: new Secret(token) }, token: record };
    }
  }
  if (token !== undefined && looksLikeLoginCode(token)) {
    // Not used up by a page that could not keep what it gives.
    if (device === null) return needsDevice(params);
    const scopes = context.loginCodes.redeem(token, { deviceId: device.deviceId, role });
    if (scopes !== null) {
      if (charge?.allowed === true) charge.refund();
      return { ok: true, proof: { kind: "login-code", scopes }, token: null };
    }
  }
  if (identity !== null && !presented && acceptsTailscale(settings)) {
    return { ok: true, proof: { kind: "tailscale", login: identity.login }, token: null };
  }
  return {
    ok: false,
    closeCode: 1008,
    error: { code: "AUTH_FAILED", message: shared.message, details: { reason: shared.reason } },
  };
}

/** Without a device: the shared secret straight from this machine, and nothing else (design.md, decision table). */
function admitPlain(caller: Caller, proof: Credential["proof"]): Admission {
  const { params, facts, context, protocol, role } = caller;
  const { controlUi } = context.settings;
  const isControlUi = params.client.id === "openclaw-control-ui";
  const insecureUi = isControlUi && (controlUi.allowInsecureAuth || controlUi.dangerouslyDisableDeviceAuth);
  const isShared = proof.kind === "secret" || proof.kind === "local";
  if (role === "node" || !isShared || !(facts.address.direct || insecureUi)) {
    return needsDevice(params);
  }
  return {
    ok: true,
    protocol,
    principal: principalOf(facts.connId, role, fromSecret(caller)),
    credential: { proof, paired: null },
    deviceId: null,
    token: null,
    silentlyPaired: null,
  };
}

function needsDevice(params: ConnectParams): Refusal {
  const isControlUi = params.client.id === "openclaw-control-ui";
  const message = isControlUi
    ? "device identity required: the Control UI needs HTTPS or localhost (secure context)"
    : "device identity required";
  const hint = isControlUi
    ? "open the page through HTTPS or an SSH tunnel, or: openclaw config set gateway.controlUi.allowInsecureAuth true"
    : "connect with a device identity, or from the gateway's own machine";
  return { ok: false, closeCode: 1008, error: { code: "NOT_PAIRED", message, details: { hint } } };
}

/**
 * Approves the device that showed a one-time login, with at most what its maker held, and lets it in with a token of
 * its own. That an admin made the login is the approval: also of a device that asked for more before.
 */
function admitWithCode(
  caller: Caller,
  device: { deviceId: string; publicKey: string },
  held: readonly Scope[],
): Admission {
  const { params, facts, context, role } = caller;
  const { devices } = context;
  const maker = principalOf("login-code", "operator", held);
  const scopes = caller.asksForAll ? [...held] : caller.requested;
  if (!maker.owner && scopes.some((scope) => !maker.scopes.has(scope)))
    return invalid("missing scope: the one-time login gives less than was asked for");
  const wanted: PairRequest = {
    ...device,
    displayName: params.client.displayName,
    platform: params.client.platform,
    clientId: params.client.id,
    clientMode: params.client.mode,
    role,
    scopes,
    remoteIp: facts.address.ip,
  };
  let paired: { requestId: string; deviceId: string } | null = null;
  if (!devices.covers({ deviceId: device.deviceId, role, scopes })) {
    for (const { requestId, deviceId } of devices.pending())
      if (deviceId === device.deviceId) devices.reject(requestId);
    const { request } = devices.request(wanted);
    devices.approve(request.requestId, maker);
    paired = { requestId: request.requestId, deviceId: device.deviceId };
  }
  const issued = devices.ensureToken({ deviceId: device.deviceId, role, scopes });
  devices.touch(device.deviceId, role);
  return {
    ok: true,
    protocol: caller.protocol,
    principal: principalOf(device.deviceId, role, scopes),
    credential: {
      proof: { kind: "device-token", token: new Secret(issued.token) },
      paired: { deviceId: device.deviceId, role, scopes },
    },
    deviceId: device.deviceId,
    token: issued,
    silentlyPaired: paired,
  };
}

function admitDevice(
  caller: Caller,
  device: { deviceId: string; publicKey: string },
  { proof, token }: { proof: Credential["proof"]; token: TokenRecord | null },
): Admission {
  const { params, facts, context, protocol, role, requested } = caller;
  const { devices, settings } = context;
  const { deviceId } = device;
  const isShared = proof.kind === "secret" || proof.kind === "local";
  if (params.client.id === "openclaw-control-ui" && settings.controlUi.allowInsecureAuth && isShared) {
    return {
      ok: true,
      protocol,
      principal: principalOf(deviceId, role, fromSecret(caller)),
      credential: { proof, paired: null },
      deviceId,
      token: null,
      silentlyPaired: null,
    };
  }
  const stored = devices.get(deviceId);
  const wanted: PairRequest = {
    ...device,
    displayName: params.client.displayName,
    platform: params.client.platform,
    clientId: params.client.id,
    clientMode: params.client.mode,
    role,
    scopes: fromSecret(caller),
    remoteIp: proof.kind === "tailscale" ? (context.identity?.ip ?? facts.address.ip) : facts.address.ip,
  };
  let silentlyPaired: { requestId: string; deviceId: string } | null = null;
  if (stored === undefined && isShared && facts.address.direct) {
    const { requestId } = devices.pairFirst(wanted);
    silentlyPaired = { requestId, deviceId };
  } else if (!devices.covers({ deviceId, role, scopes: requested })) {
    const { request, created } = devices.request(wanted);
    return {
      ok: false,
      closeCode: 1008,
      error: { code: "NOT_PAIRED", message: "pairing required", details: { requestId: request.requestId } },
      ...(created ? { pairing: request } : {}),
    };
  }
  const record = token?.scopes ?? devices.get(deviceId)?.scopes ?? [];
  const scopes = caller.asksForAll ? knownScopes.filter((scope) => record.includes(scope)) : requested;
  const issued = devices.ensureToken({ deviceId, role, scopes });
  devices.touch(deviceId, role);
  return {
    ok: true,
    protocol,
    principal: principalOf(deviceId, role, scopes),
    credential: { proof, paired: { deviceId, role, scopes } },
    deviceId,
    token: issued,
    silentlyPaired,
  };
}

/** Known scopes among those asked for, in the order sent; unknown ones are never granted. */
function knownAmong(params: ConnectParams): Scope[] {
  if (params.role === "node") return [];
  const asked: ReadonlySet<string> = new Set(params.scopes);
  return ([...asked] as Scope[]).filter((scope) => knownScopes.includes(scope));
}

/** What the holder of the shared secret gets: all of it when nothing particular was asked for. */
function fromSecret(caller: Caller): Scope[] {
  return caller.asksForAll ? ["operator.admin"] : caller.requested;
}

function principalOf(id: string, role: Role, scopes: readonly Scope[]): Principal {
  return Object.freeze({
    kind: role,
    id,
    role,
    scopes: new Set(scopes),
    owner: scopes.includes("operator.admin"),
  });
}

function invalid(message: string, details?: Record<string, unknown>): Refusal {
  return {
    ok: false,
    closeCode: 1008,
    error: { code: "INVALID_REQUEST", message, ...(details === undefined ? {} : { details }) },
  };
}

function lockedOut(retryAfterMs: number): Refusal {
  return {
    ok: false,
    closeCode: 1008,
    error: {
      code: "AUTH_FAILED",
      message: `unauthorized: too many failed attempts, try again in ${Math.ceil(retryAfterMs / 1000)} s`,
      details: { reason: "rate limited" },
      retryable: true,
      retryAfterMs,
    },
  };
}
