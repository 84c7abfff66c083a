import { createHash, randomUUID } from "node:crypto";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { codeOf, UserError } from "../core/errors.ts";
import { openRootFs } from "../guard/index.ts";
import type { AllowlistEntry } from "./allowlist.ts";

const policy = {
  security: z.string().optional(),
  ask: z.string().optional(),
  askFallback: z.string().optional(),
  autoAllowSkills: z.boolean().optional(),
};
const entry = z.looseObject({
  id: z.string().optional(),
  pattern: z.string().min(1).max(4096),
  argv: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  lastUsedAt: z.number().optional(),
  lastUsedCommand: z.string().optional(),
  lastResolvedPath: z.string().optional(),
});
const agent = z.looseObject({ ...policy, allowlist: z.array(entry).max(5000).optional() });
const document = z.looseObject({
  version: z.literal(1),
  socket: z.looseObject({ path: z.string().optional(), token: z.string().optional() }).optional(),
  defaults: z.looseObject(policy).optional(),
  agents: z.record(z.string().regex(/^(?!__proto__$|constructor$|prototype$)/), agent).optional(),
});

/** exec-approvals.json as the documents know it (protocol.md 3.10, legacy-state 1.6). */
export type ExecApprovalsDocument = z.infer<typeof document>;

export interface ExecApprovalsSnapshot {
  path: string;
  exists: boolean;
  /** SHA-256 of the file's text; of the empty text when there is no file. */
  hash: string;
  /** Without the socket token. */
  file: ExecApprovalsDocument;
}

export interface ExecRules {
  security?: string | undefined;
  ask?: string | undefined;
  askFallback?: string | undefined;
  entries: AllowlistEntry[];
}

export interface ExecApprovalsFile {
  snapshot(): Promise<ExecApprovalsSnapshot>;
  /**
   * Replaces the document; the socket part on disk is kept.
   * @throws UserError EXEC_APPROVALS_INVALID; EXEC_APPROVALS_CONFLICT when the file exists and `baseHash` is absent or old.
   */
  set(file: unknown, baseHash: string | null): Promise<ExecApprovalsSnapshot>;
  /**
   * Policy and allowlist that hold for an agent: its own, then `*`, then the defaults.
   * @throws UserError EXEC_APPROVALS_INVALID: a file that cannot be understood allows nothing.
   */
  rules(agentId: string): Promise<ExecRules>;
  /** Adds entries that are not there yet. */
  allow(agentId: string, entries: readonly AllowlistEntry[]): Promise<void>;
}

const maxBytes = 4 * 1024 * 1024;
const none: ExecApprovalsDocument = { version: 1 };

/** The file at `path` (`Paths.execApprovalsPath`); its folder must exist. Writes are atomic and one at a time. */
export function createExecApprovalsFile(options: { path: string }): ExecApprovalsFile {
  const { path } = options;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work, work);
    turn = result.catch(() => undefined);
    return result;
  };

  const invalid = (why: string, cause?: unknown) =>
    new UserError("EXEC_APPROVALS_INVALID", `${path} is not a valid list of exec approvals: ${why}`, {
      hint: "mend or remove the file; until then no command is allowed",
      cause,
    });

  async function read(): Promise<{ text: string; exists: boolean; file: ExecApprovalsDocument }> {
    const folder = await openRootFs(dirname(path));
    const found = await folder.read(basename(path), { length: maxBytes + 1 }).catch((error: unknown) => {
      if (codeOf(error) === "PATH_NOT_FOUND") return null;
      throw error;
    });
    if (!found) return { text: "", exists: false, file: { version: 1, agents: {} } };
    if (found.size > maxBytes) throw invalid("it is larger than 4 MB");
    const text = new TextDecoder().decode(found.bytes);
    return { text, exists: true, file: check(parseJson(text)) };
  }
  function parseJson(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw invalid("it is not JSON", error);
    }
  }
  function check(value: unknown): ExecApprovalsDocument {
    const result = document.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw invalid(`${issue?.path.join(".") || "the document"}: ${issue?.message ?? "wrong form"}`);
  }
  async function write(file: ExecApprovalsDocument): Promise<string> {
    const agents = Object.entries(file.agents ?? {}).map(([id, rules]) => [
      id,
      {
        ...rules,
        ...(rules.allowlist
          ? { allowlist: rules.allowlist.map((each) => ({ id: randomUUID(), ...each })) }
          : {}),
      },
    ]);
    const text = `${JSON.stringify({ ...file, agents: Object.fromEntries(agents) }, null, 2)}\n`;
    await (await openRootFs(dirname(path))).write(basename(path), text);
    return text;
  }
  const shown = (state: {
    text: string;
    exists: boolean;
    file: ExecApprovalsDocument;
  }): ExecApprovalsSnapshot => {
    const { socket, ...file } = state.file;
    return {
      path,
      exists: state.exists,
      hash: createHash("sha256").update(state.text).digest("hex"),
      file: socket?.path === undefined ? file : { ...file, socket: { path: socket.path } },
    };
  };

  return {
    snapshot: () => inTurn(async () => shown(await read())),

    set: (value, baseHash) =>
      inTurn(async () => {
        const wanted = check(value);
        // A damaged file can be replaced, with the hash of its text.
        const before = await read().catch(async (error: unknown) => {
          if (codeOf(error) !== "EXEC_APPROVALS_INVALID") throw error;
          const { bytes } = await (
            await openRootFs(dirname(path))
          ).read(basename(path), { length: maxBytes });
          return {
            text: new TextDecoder().decode(bytes),
            exists: true,
            file: none,
          };
        });
        const hash = createHash("sha256").update(before.text).digest("hex");
        if (before.exists && baseHash !== hash) {
          throw new UserError(
            "EXEC_APPROVALS_CONFLICT",
            baseHash === null
              ? "exec approvals base hash required"
              : "exec approvals changed since they were read",
            { hint: "get them again with exec.approvals.get and send its hash as baseHash" },
          );
        }
        const { socket: _, ...rest } = wanted;
        const kept = before.file.socket;
        const text = await write(kept ? { ...rest, socket: kept } : rest);
        return shown({ text, exists: true, file: check(JSON.parse(text)) });
      }),

    rules: async (agentId) => {
      const { file } = await inTurn(read);
      const own = Object.hasOwn(file.agents ?? {}, agentId) ? file.agents?.[agentId] : undefined;
      const all = file.agents?.["*"];
      return {
        security: own?.security ?? all?.security ?? file.defaults?.security,
        ask: own?.ask ?? all?.ask ?? file.defaults?.ask,
        askFallback: own?.askFallback ?? all?.askFallback ?? file.defaults?.askFallback,
        entries: [...(own?.allowlist ?? []), ...(all?.allowlist ?? [])],
      };
    },

    allow: (agentId, entries) =>
      inTurn(async () => {
        const { file } = await read();
        const rules = (Object.hasOwn(file.agents ?? {}, agentId) ? file.agents?.[agentId] : undefined) ?? {};
        const list = [...(rules.allowlist ?? [])];
        const key = (each: AllowlistEntry) => JSON.stringify([each.pattern, each.argv, each.cwd]);
        const known = new Set(list.map(key));
        for (const each of entries) if (!known.has(key(each))) list.push({ id: randomUUID(), ...each });
        if (list.length === (rules.allowlist ?? []).length) return;
        await write({ ...file, agents: { ...file.agents, [agentId]: { ...rules, allowlist: list } } });
      }),
  };
}
