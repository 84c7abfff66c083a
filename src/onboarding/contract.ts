import type { JsonObject } from "../core/json.ts";
import type { Language } from "../core/language.ts";
import type { Secret } from "../core/secret.ts";

// The wizard as data: what is asked, why, what counts as an answer. It is walked by the terminal, by flags and by the
// web page; none of them adds a question of its own (issue 5, section 1).

export type Section =
  | "start"
  | "model"
  | "gateway"
  | "channels"
  | "workspace"
  | "skills"
  | "service"
  | "finish";
export type Value = string | boolean | string[];
export type Answers = Readonly<Record<string, Value>>;
/** Who walks. A step may have nothing to ask on one of them. */
export type Surface = "terminal" | "flags" | "web";

/** What was found on this machine before the first question. Nothing in it is a secret. */
export interface Facts {
  surface: Surface;
  /** What questions, problems and plan are worded in. */
  language: Language;
  node: string;
  platform: string;
  profile: string;
  stateDir: string;
  configPath: string;
  config: {
    exists: boolean;
    mode: "local" | "remote" | null;
    port: number;
    bind: string;
    bindHost: string | null;
    auth: "token" | "password" | "off";
    /** Set in the file or the environment. */
    hasToken: boolean;
    hasPassword: boolean;
    workspace: string;
    /** Reference of the configured model. */
    primary: string | null;
    remoteUrl: string | null;
    hasRemoteToken: boolean;
    /** Ids of the channels the file has a section for. */
    channels: readonly string[];
  };
  /** Logins that are there already: variables and stored ones. */
  logins: ReadonlyArray<{
    provider: string;
    name: string;
    source: string;
    /** Only this process sees it. */ passing: boolean;
  }>;
  /** Model servers that answered on this machine. */
  servers: ReadonlyArray<{ provider: string; name: string; baseUrl: string; models: readonly string[] }>;
  vendors: ReadonlyArray<{ id: string; name: string; model: string | null }>;
  channels: readonly ChannelFacts[];
  skills: ReadonlyArray<{
    key: string;
    name: string;
    description: string;
    enabled: boolean;
    missing: string;
  }>;
  service: { installed: boolean; /** Why none can be installed; null when it can. */ problem: string | null };
}

export interface ChannelFacts {
  id: string;
  label: string;
  /** Whether it is logged into (a QR code) after it is configured. */
  login: boolean;
  credentials: ReadonlyArray<{
    key: string;
    title: string;
    /** The title in other languages. */
    titles?: Readonly<Partial<Record<Language, string>>>;
    optional?: boolean;
  }>;
  check(config: JsonObject): Array<{ key: string; message: string }>;
}

/** What a step may look at: the facts, and every answer before it, given or taken by default. */
export interface Sight {
  facts: Facts;
  answers: Answers;
}

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

export interface Step {
  /** Stable: the name of the answer in RPC and in the progress file. */
  id: string;
  section: Section;
  kind: "note" | "select" | "text" | "confirm" | "multiselect";
  title: string;
  /** What is asked, and what the answer does. */
  message(sight: Sight): string;
  choices?(sight: Sight): Choice[];
  /** What counts when nobody is asked. */
  initial?(sight: Sight): Value;
  when?(sight: Sight): boolean;
  /** `--flow quickstart` takes the initial value. */
  advanced?: true;
  /** Never shown, never kept between two runs. */
  sensitive?: true;
  /** An empty text is an answer. */
  optional?: true;
  placeholder?: string;
  /** The problem with an answer of the right kind; null for none. */
  validate?(value: Value, sight: Sight): string | null;
  /** Looks whether it works; asked once, when the answer is given. */
  test?(value: Value, sight: Sight, probes: Probes): Promise<Verdict>;
  /** The option of `openclaw onboard` that answers it. */
  flag?: string;
}

/** `doubt` is told, and the answer stands: a machine that is offline can be set up too. */
export type Verdict =
  | { is: "fine"; told?: string }
  | { is: "doubt"; told: string }
  | { is: "wrong"; told: string };

/** How a login did when it was tried: `refused` by its provider, or why it could not be tried. */
export type Trial =
  | { is: "fine" }
  | { is: "missing" }
  | { is: "refused" | "untried" | "unreadable"; /** In English: a provider's answer. */ why: string };

/** Live tests of what was answered. */
export interface Probes {
  key(provider: string, secret: Secret): Promise<Trial>;
  /** A login that is there already. */
  login(provider: string): Promise<Trial>;
}

/** What the answers come to. Made before the last question, so that it can be shown. */
export interface Plan {
  /** Merge patch for the config file; empty when it says all of this already. */
  patch: JsonObject;
  logins: Array<{ provider: string; secret: Secret }>;
  /** Logins that only this process sees, to be kept for a service. */
  keep: string[];
  /** Folder to fill with what a workspace lacks; null for a remote gateway. */
  workspace: string | null;
  service: boolean;
  /** First message to the agent; null for none. */
  hello: string | null;
  /** Commands that finish what was chosen: logins that need a person's phone. */
  after: string[];
  /** For people, without secrets. */
  summary: string[];
}
