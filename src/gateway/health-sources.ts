import { statfsSync } from "node:fs";
import { messageOf } from "../core/errors.ts";
import type { AuthStatus } from "../models/contract.ts";
import type { Finding, HealthSource, LoopDelay } from "../observability/index.ts";
import type { ChannelAccountStatus } from "../routing/contract.ts";
import { readBackupRecord } from "../state/index.ts";
import type { GatewayServices } from "./contract.ts";
import { defaultAgentOf } from "./methods/settings.ts";

const diskFullBytes = 4 * 1024 * 1024;
const diskLowBytes = 200 * 1024 * 1024;
/** Milliseconds by which a timer may be late before people notice. */
const lateMs = 2000;
/** How old a delivery that failed for good may be before it is history. */
const deadLetterMs = 24 * 3_600_000;
const deliveriesSeen = 200;
const unusable: ReadonlySet<AuthStatus["state"]> = new Set(["missing", "expired", "invalid"]);

/** Where to look for what may be the matter with a gateway. Each look takes well below a millisecond. */
export function healthSources(
  services: GatewayServices,
  known: { auth: () => AuthStatus[]; loop: LoopDelay | null },
): HealthSource[] {
  return [
    () => storage(services),
    () => safeMode(services),
    () => disk(services),
    () => config(services),
    () => (known.loop === null ? [] : eventLoop(known.loop)),
    () => queue(services),
    () => model(services, known.auth()),
    () => channels(services),
    () => outbox(services),
    () => backups(services),
    () => heartbeats(services),
  ];
}

function storage({ ledger, paths }: GatewayServices): Finding[] {
  try {
    ledger.deliveries({ state: "sending", limit: 1 });
    return [];
  } catch (error) {
    const text = `${paths.ledgerPath}: ${messageOf(error)}`;
    return [{ code: "storage-failing", text, hint: "openclaw doctor" }];
  }
}

function safeMode({ safeMode: state }: GatewayServices): Finding[] {
  const safe = state?.() ?? null;
  if (safe === null) return [];
  // The brake pulled it after failed starts, and that is what is wrong.
  const brake = safe.by === "brake";
  const found: Finding = {
    code: "safe-mode",
    text: safe.reason,
    hint: { brake: "openclaw doctor", flag: "openclaw status --all", restore: "openclaw backup held" }[
      safe.by
    ],
    since: safe.since,
  };
  return brake ? [found, { ...found, code: "restart-loop" }] : [found];
}

function disk({ paths }: GatewayServices): Finding[] {
  const { bavail, bsize } = statfsSync(paths.stateDir);
  const free = bavail * bsize;
  if (free >= diskLowBytes) return [];
  const text = `${Math.floor(free / 1024 / 1024)} MB are left for ${paths.stateDir}`;
  const hint = `make room: df -h ${paths.stateDir}`;
  const low: Finding = { code: "disk-low", text, hint, evidence: { freeBytes: free } };
  return free < diskFullBytes ? [{ ...low, code: "disk-full" }] : [low];
}

function config(services: GatewayServices): Finding[] {
  const { valid, issues, path } = services.current();
  const state = services.reload?.state();
  if (valid) {
    const found: Finding[] = [];
    if (state?.reverted) {
      const { hash, reason, at } = state.reverted;
      found.push({
        code: "config-reverted",
        text: `revision ${hash.slice(0, 12)}: ${reason}`,
        hint: "openclaw config history",
        since: at,
      });
    }
    if (state && state.pending.length > 0) {
      found.push({
        code: "config-waiting",
        text: state.pending.slice(0, 5).join(", "),
        hint: "openclaw gateway restart",
        evidence: { keys: state.pending.length },
      });
    }
    return found;
  }
  const [first] = issues;
  const more = issues.length > 1 ? ` and ${issues.length - 1} more` : "";
  const what = first ? `: ${first.path ? `${first.path}: ` : ""}${first.message}${more}` : "";
  return [
    {
      code: "config-invalid",
      text: `${path}${what}`,
      hint: "openclaw config validate",
      evidence: { issues: issues.length },
    },
  ];
}

function eventLoop(loop: LoopDelay): Finding[] {
  const worst = loop.worstMs();
  if (worst < lateMs) return [];
  return [
    {
      code: "event-loop-blocked",
      text: `within the last minute nothing was done for ${worst} ms`,
      hint: "openclaw logs --limit 50",
      evidence: { worstMs: worst },
    },
  ];
}

function queue({ ledger, clock }: GatewayServices): Finding[] {
  const { running, queued } = ledger.activity();
  const found: Finding[] = [];
  if (queued > 0 && running.length === 0) {
    found.push({
      code: "queue-stuck",
      text: `${queued} wait, none is being answered`,
      hint: "openclaw gateway restart",
      evidence: { queued },
    });
  }
  for (const { runId, sessionKey, deadlineAt } of running) {
    if (deadlineAt >= clock.now()) continue;
    found.push({
      code: "run-overdue",
      subject: runId,
      text: `${sessionKey} should have ended by ${new Date(deadlineAt).toISOString()}`,
      hint: `openclaw why ${runId}`,
      since: deadlineAt,
    });
  }
  return found;
}

function model(services: GatewayServices, auth: AuthStatus[]): Finding[] {
  let ref: string;
  try {
    ({ ref } = services.models.resolve(defaultAgentOf(services)));
  } catch (error) {
    return [{ code: "model-unresolved", text: messageOf(error), hint: "openclaw models status" }];
  }
  const inUse = ref.slice(0, ref.indexOf("/"));
  return [...new Set(auth.map(({ provider }) => provider))].flatMap((provider): Finding[] => {
    const profiles = auth.filter((each) => each.provider === provider);
    // One login that works is enough; a cool-down ends by itself and is shown under `constraints`.
    if (profiles.some(({ state }) => state === "valid" || state === "cooldown")) return [];
    // Of providers that are not in use now only a login that the configuration asks for and that is no good counts.
    const bad = profiles.find(({ state }) => provider === inUse || unusable.has(state));
    if (bad === undefined) return [];
    const detail = bad.detail ? ` (${bad.detail})` : "";
    return [
      {
        code: "model-credentials",
        subject: provider,
        text: `${provider}: ${bad.state}${detail}`,
        hint: "openclaw models status",
        evidence: { provider, state: bad.state },
      },
    ];
  });
}

function channels(services: GatewayServices): Finding[] {
  return services.channels
    .ids()
    .flatMap((id) => services.channels.accounts(id).flatMap((account) => channel(id, account)));
}

function channel(id: string, account: ChannelAccountStatus): Finding[] {
  if (!account.enabled || !account.configured) return [];
  const subject = `${id}/${account.accountId}`;
  const hint = "openclaw channels status --probe";
  const { lastInboundAt, lastOutboundAt, lastProbeAt, probe } = account;
  if (!account.running || !account.connected) {
    const text = `${subject}: ${account.lastError ?? (account.running ? "not connected" : "not running")}`;
    return [
      { code: "channel-disconnected", subject, text, hint, evidence: { lastInboundAt, lastOutboundAt } },
    ];
  }
  // What was received or sent since is a better proof than the probe.
  const proof = Math.max(lastInboundAt ?? 0, lastOutboundAt ?? 0);
  if (probe?.ok === false && (lastProbeAt ?? 0) > proof) {
    const text = `${subject}: ${probe.error ?? "the platform does not answer"}`;
    return [
      {
        code: "channel-deaf",
        subject,
        text,
        hint,
        evidence: { lastInboundAt, lastOutboundAt, lastProbeAt },
        ...(lastProbeAt === null ? {} : { since: lastProbeAt }),
      },
    ];
  }
  return [];
}

function outbox({ ledger, clock }: GatewayServices): Finding[] {
  const found: Finding[] = [];
  const tried = ledger
    .deliveries({ state: "pending", limit: deliveriesSeen })
    .filter(({ attempts }) => attempts >= 2);
  for (const subject of new Set(tried.map(({ target }) => `${target.channel}/${target.account}`))) {
    const own = tried.filter(({ target }) => `${target.channel}/${target.account}` === subject);
    found.push({
      code: "channel-mute",
      subject,
      text: `${subject}: ${own.length} not sent yet: ${own[0]?.lastError ?? "no reason given"}`,
      hint: "openclaw channels status --probe",
      evidence: { pending: own.length },
      since: Math.min(...own.map(({ createdAt }) => createdAt)),
    });
  }
  const lost = (["dead", "unknown"] as const).flatMap((state) =>
    ledger
      .deliveries({ state, limit: deliveriesSeen })
      .filter(
        ({ settledAt, createdAt, lastError }) =>
          clock.now() - (settledAt ?? createdAt) < deadLetterMs && lastError !== "dropped by the operator",
      ),
  );
  const [last] = lost;
  if (last) {
    found.push({
      code: "outbox-dead-letters",
      text: `${lost.length} within a day, e.g. to ${last.target.channel}: ${last.lastError ?? "no reason given"}`,
      hint: "openclaw outbox list",
      evidence: { count: lost.length },
      since: Math.min(...lost.map(({ settledAt, createdAt }) => settledAt ?? createdAt)),
    });
  }
  return found;
}

function heartbeats({ heartbeat }: GatewayServices): Finding[] {
  return heartbeat.agents().flatMap(({ agentId, enabled, last }): Finding[] =>
    enabled && last?.status === "failed"
      ? [
          {
            code: "heartbeat-failing",
            subject: agentId,
            text: `${agentId}: ${last.detail ?? "no reason given"}`,
            hint: `openclaw why ${last.runId}`,
            evidence: { runId: last.runId },
            since: last.ts,
          },
        ]
      : [],
  );
}

/** What the schedule of `openclaw backup schedule` left behind: its timer runs outside this process. */
function backups({ paths, clock }: GatewayServices): Finding[] {
  const record = readBackupRecord(paths.stateDir);
  if (record === null) return [];
  const { failure, last, dueAt, staleAt } = record;
  const before = `the last one was made ${last ? new Date(last.at).toISOString() : "never"}`;
  const found: Finding[] = [];
  if (failure) {
    found.push({
      code: "backup-failing",
      text: `${failure.message} (${failure.times} time(s)); ${before}`,
      hint: "openclaw backup run",
      evidence: { code: failure.code, times: failure.times },
      since: failure.at,
    });
  }
  if (clock.now() > staleAt) {
    found.push({
      code: "backup-stale",
      text: `${before}; is its timer there?`,
      hint: "openclaw backup schedule",
      evidence: { dueAt },
      since: staleAt,
    });
  }
  return found;
}
