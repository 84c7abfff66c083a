import type { ConfigStore } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import type { WizardDesk, WizardProgress, WizardStep } from "../gateway/contract.ts";
import type { Sight, Step, Walk } from "../onboarding/index.ts";
import type { Env, Paths } from "../state/index.ts";
import type { OnboardingDesk } from "./onboarding.ts";

interface Session {
  id: string;
  walk: Walk;
  desk: OnboardingDesk;
  status: "running" | "done" | "cancelled" | "error";
  error?: string;
  stop: AbortController;
  /** Answers are taken one after the other. */
  busy: boolean;
}

/**
 * The wizard of `openclaw onboard` for the Control UI: the same steps, walked over RPC. One at a time: a new one ends
 * the one before. Nothing is written before its last answer. Loaded on first use.
 */
export function createWizardDesk(of: {
  paths: Paths;
  env: Env;
  store: ConfigStore;
  clock: Clock;
}): WizardDesk {
  let session: Session | null = null;
  const load = () => import("../onboarding/index.ts");

  function current(id: string): Session {
    if (session?.id === id) return session;
    throw new OpenClawError(
      "INVALID_REQUEST",
      "there is no such wizard: another was started, or the gateway was",
      {
        hint: "begin again: wizard.start",
      },
    );
  }

  async function progress(at: Session, more: Partial<WizardProgress> = {}): Promise<WizardProgress> {
    const { whereIs, suggestion } = await load();
    if (at.status !== "running")
      return {
        done: true,
        status: at.status,
        ...(at.error === undefined ? {} : { error: at.error }),
        ...more,
      };
    const { step, sight } = whereIs(at.walk);
    if (step === null) return { done: true, status: at.status, ...more };
    return {
      done: false,
      status: "running",
      step: shown(step, sight, {
        initial: suggestion(at.walk, step, sight),
        first: at.walk.done.length === 0,
      }),
      ...more,
    };
  }

  async function take(
    at: Session,
    answered: { stepId: string; value?: string | boolean | string[] | undefined },
  ) {
    const { answer, backTo, planOf, whereIs } = await load();
    const walk = at.walk.done.includes(answered.stepId) ? backTo(at.walk, answered.stepId) : at.walk;
    const { step, sight } = whereIs(walk);
    if (step?.id !== answered.stepId)
      throw new OpenClawError(
        "INVALID_REQUEST",
        `the wizard is not at the step ${JSON.stringify(answered.stepId)}`,
        {
          hint: `it asks ${JSON.stringify(step?.id ?? "nothing more")}`,
        },
      );
    const next = answer(walk, answered.value);
    if ("problem" in next) return progress(at, { error: next.problem });
    const told: { note?: string } = {};
    if (step.test && answered.value !== undefined) {
      const verdict = await step.test(answered.value, sight, at.desk.probes);
      if (at.status !== "running") return progress(at);
      if (verdict.is === "wrong") return progress(at, { error: verdict.told });
      if (verdict.told !== undefined) told.note = verdict.told;
    }
    at.walk = next.walk;
    const end = whereIs(at.walk);
    if (end.step !== null) return progress(at, told);
    try {
      await at.desk.apply(planOf(end.sight, at.desk), "wizard");
      at.status = "done";
    } catch (error) {
      at.status = "error";
      at.error = messageOf(error);
    }
    return progress(at, told);
  }

  return {
    async start({ workspace, language = "en" }) {
      const [{ beginWalk }, { openOnboarding }] = await Promise.all([load(), import("./onboarding.ts")]);
      const stop = new AbortController();
      const desk = openOnboarding({ ...of, signal: stop.signal });
      const facts = await desk.facts("web", language);
      end("cancelled");
      const walk = beginWalk(facts, workspace === undefined ? {} : { preset: { workspace } });
      const begun: Session = { id: uuid(), walk, desk, status: "running", stop, busy: false };
      session = begun;
      return { sessionId: begun.id, ...(await progress(begun)) };
    },
    async next({ sessionId, answer: answered, back: wantsBack, language }) {
      const at = current(sessionId);
      // Somebody may change the language of the page on the way.
      if (language !== undefined) at.walk = { ...at.walk, facts: { ...at.walk.facts, language } };
      if (at.status !== "running" || (answered === undefined && !wantsBack)) return progress(at);
      if (at.busy)
        throw new OpenClawError("UNAVAILABLE", "the wizard is still trying the answer before", {
          retryable: true,
        });
      at.busy = true;
      try {
        if (answered !== undefined) return await take(at, answered);
        const { back } = await load();
        at.walk = back(at.walk);
        return await progress(at);
      } finally {
        at.busy = false;
      }
    },
    cancel(sessionId) {
      const at = current(sessionId);
      if (at.status === "running") end("cancelled");
      return statusOf(at);
    },
    status: (sessionId) => statusOf(current(sessionId)),
  };

  function end(status: Session["status"]): void {
    if (session === null || session.status !== "running") return;
    session.status = status;
    session.stop.abort();
  }
}

function statusOf({ status, error }: Session) {
  return { status, ...(error === undefined ? {} : { error }) };
}

function shown(
  step: Step,
  sight: Sight,
  at: { initial: string | boolean | string[] | undefined; first: boolean },
): WizardStep {
  const options = step.choices?.(sight);
  return {
    id: step.id,
    type: step.kind,
    title: step.title,
    message: step.message(sight),
    executor: "gateway",
    ...(options === undefined ? {} : { options }),
    // What was typed into a secret field is never sent back.
    ...(at.initial === undefined || step.sensitive ? {} : { initialValue: at.initial }),
    ...(step.placeholder === undefined ? {} : { placeholder: step.placeholder }),
    ...(step.sensitive ? { sensitive: true } : {}),
    section: step.section,
    optional: step.optional === true,
    canGoBack: !at.first,
  };
}
