/** One command the user's documents print. */
export interface DocumentedCommand {
  command: string;
  /** Document and line, with the section where there is one: `000:494 Settings`. */
  sources: string[];
}

export interface Documented {
  /** Title of each document by its number. */
  documents: Record<string, string>;
  commands: DocumentedCommand[];
}

/** How one documented command is run, and what must come of it. */
export interface Case {
  /** As the documents print it. */
  command: string;
  /** The line given to `sh`, when the printed one has placeholders to fill in. */
  run?: string;
  /** Exit status; 0 unless given. */
  exit?: number;
  /** What standard output, and standard error, must hold. */
  stdout?: Array<string | RegExp>;
  stderr?: Array<string | RegExp>;
  /** What neither may hold. */
  never?: Array<string | RegExp>;
  /** Standard output must be one JSON value and nothing else. */
  json?: true;
  /** The command runs on: wait until its output shows this, then end it as Ctrl-C does. `exit` holds for that end. */
  until?: RegExp;
  /** Typed at its questions, one line each. */
  stdin?: string;
  /** Lines given to `sh` before, which belong to the preparation and must end with 0. */
  before?: string[];
  /** Shown in the table: what stands in for something real, or why the expectation is what it is. */
  note?: string;
}

/** A machine of its own (network, home, state), on which cases run one after the other. */
export interface World {
  name: string;
  /** What is prepared, in words. */
  what: string;
  /** `namespace`: own loopback on this machine. `systemd`: a booted, real systemd and an ordinary user on it. */
  machine: "namespace" | "systemd";
  /** The profile of `config` and `gateway`; the default one unless given. */
  profile?: { name: string; port: number };
  /** Written to the profile's `openclaw.json` before; none leaves the home empty. */
  config?: object;
  /** Doubles of chat platforms, as processes: the file below test/fakes, its arguments, and the port it answers on. */
  doubles?: Array<{ file: string; args: string[]; port: number }>;
  /** Run the gateway in the foreground beside the cases: its arguments. */
  gateway?: string[];
  /** Addresses put on the loopback interface, and names put into /etc/hosts. */
  network?: { addresses: string[]; hosts: Record<string, string> };
  /** The state of a `tailscale` command in PATH (test/fakes/tailscale.mjs). */
  tailscale?: object;
  /** Stands for Tailscale Serve: a TLS end on this address and port 443 before the gateway, for this name. */
  tlsFront?: { address: string; name: string };
  cases: Case[];
}

/** A documented command that is not run, and the reason. */
export interface NotRun {
  command: string;
  reason: string;
}

export interface Outcome {
  world: string;
  command: string;
  ok: boolean;
  status: number | string;
  /** What was missed, with the output, when not ok. */
  detail: string;
  ms: number;
}
