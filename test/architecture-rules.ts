/** Which folder of src/ may import which (style.md, "Our layout"); every rule carries its reason. */
export const LAYERS: Record<string, { may: string[]; because: string }> = {
  core: { may: [], because: "the vocabulary: no I/O, usable in a browser" },
  protocol: { may: ["core"], because: "the wire contract is shared by server, CLI and UI" },
  client: { may: ["core", "protocol"], because: "runs in a browser too" },
  guard: { may: ["core"], because: "every dangerous primitive in its one safe form; all others call it" },
  state: { may: ["core", "guard"], because: "what lies on disk, without meaning" },
  observability: { may: ["core", "state"], because: "logging must not depend on what it logs" },
  config: { may: ["core", "guard", "state", "observability"], because: "read before anything else exists" },
  ledger: { may: ["core", "state", "observability"], because: "the only owner of what runs, waits and was sent" },
  sessions: { may: ["core", "state", "observability", "ledger"], because: "conversation storage knows no agent" },
  models: { may: ["core", "guard", "config", "state", "observability"], because: "a provider knows no session" },
  memory: { may: ["core", "guard", "config", "state", "observability", "models"], because: "notes and search only" },
  sandbox: { may: ["core", "guard", "config", "state", "observability", "ledger"], because: "where tools execute; approvals are ledger rows" },
  agent: {
    may: ["core", "guard", "config", "state", "observability", "ledger", "sessions", "models", "memory", "sandbox"],
    because: "a run knows no channel and no socket",
  },
  channels: { may: ["core", "guard", "config", "state", "observability"], because: "a channel normalises and sends; it can be tested or moved alone" },
  routing: {
    may: ["core", "config", "state", "observability", "ledger", "sessions", "agent", "channels"],
    because: "from inbound message to run to delivery",
  },
  automation: {
    may: ["core", "config", "state", "observability", "ledger", "sessions", "agent", "routing"],
    because: "things that start a run without a person",
  },
  gateway: {
    may: ["core", "protocol", "guard", "config", "state", "observability", "ledger", "sessions", "models", "memory", "sandbox", "agent", "channels", "routing", "automation"],
    because: "the server gets implementations as arguments",
  },
  service: { may: ["core", "guard", "state", "observability"], because: "service control works with a broken config" },
  app: {
    may: ["core", "protocol", "client", "guard", "config", "state", "observability", "ledger", "sessions", "models", "memory", "sandbox", "agent", "channels", "routing", "automation", "gateway", "service"],
    because: "the composition root: the only place that names every implementation",
  },
  cli: {
    may: ["core", "protocol", "client", "guard", "config", "state", "observability", "service", "app"],
    because: "thin: parse, call a client or a library, render",
  },
};
