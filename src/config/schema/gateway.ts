import {
  countOr,
  flagOr,
  optionalText,
  portOr,
  secret,
  section,
  optionalWord,
  textOr,
  textsOr,
  wordOr,
  optionalFlag,
} from "./key.ts";

const restart = { reload: "restart" } as const;

/** `gateway.*` (CFG-007…021, NET, SAFE). */
export const gatewaySection = section(
  {
    mode: optionalWord(
      ["local", "remote"],
      "`local`: the gateway runs on this machine; `remote`: the CLI uses another one. The gateway starts only with `local`.",
      restart,
    ),
    port: portOr(18789, "TCP port of the gateway; `--port` and OPENCLAW_GATEWAY_PORT go before it.", restart),
    bind: wordOr(
      ["loopback", "lan", "tailnet", "custom", "auto"],
      "loopback",
      "Where to listen: loopback (this machine only), lan (all interfaces), tailnet, custom (gateway.customBindHost), auto.",
      restart,
    ),
    customBindHost: optionalText('Address to listen on with bind "custom".', restart),
    auth: section(
      {
        mode: wordOr(
          ["token", "password", "off"],
          "token",
          "How clients prove who they are. `off` is possible on loopback only.",
          restart,
        ),
        token: secret(
          "Shared secret of this gateway, normally 64 hex characters; OPENCLAW_GATEWAY_TOKEN goes before it.",
          restart,
        ),
        password: secret("Alternative to the token for mode `password`.", restart),
        allowTailscale: optionalFlag(
          "Let verified Tailscale identities replace the token; on by default when gateway.tailscale.mode is serve.",
          restart,
        ),
        rateLimit: section(
          {
            maxAttempts: countOr(10, "Failed logins per address and window before it is locked out."),
            windowMs: countOr(60_000, "Length of the window in milliseconds."),
            lockoutMs: countOr(300_000, "How long an address stays locked out, in milliseconds."),
            exemptLoopback: flagOr(false, "Do not count failures from this machine."),
          },
          "Lock-out after repeated failed logins.",
          { advanced: true },
        ),
      },
      "Authentication of clients.",
      restart,
    ),
    tailscale: section(
      {
        mode: wordOr(["off", "serve", "funnel"], "off", "Publish the gateway through Tailscale."),
        resetOnExit: flagOr(false, "Undo the Tailscale serve or funnel rule when the gateway stops."),
      },
      "Tailscale Serve and Funnel.",
      restart,
    ),
    remote: section(
      {
        url: optionalText("WebSocket address of a remote gateway that the CLI talks to in mode `remote`.", {
          placeholder: "wss://gateway.example:443",
        }),
        token: secret("Token of the remote gateway."),
        password: secret("Password of the remote gateway."),
        tlsFingerprint: optionalText("SHA-256 fingerprint of the certificate the remote gateway must show."),
      },
      "The gateway the CLI of this machine uses when it is not a local one.",
    ),
    controlUi: section(
      {
        enabled: flagOr(true, "Serve the Control UI.", restart),
        basePath: textOr("", "Path under which the Control UI is served, e.g. /openclaw.", restart),
        root: textOr(
          "",
          "Folder with another control page to serve in the place of ours; it must hold an index.html.",
          { ...restart, advanced: true },
        ),
        allowInsecureAuth: flagOr(
          false,
          "Allow token-only login of the Control UI without HTTPS from other machines.",
        ),
        dangerouslyDisableDeviceAuth: flagOr(
          false,
          "Skip device identity for the Control UI. Anybody with the token is then a full operator.",
          { advanced: true },
        ),
        allowedOrigins: textsOr(
          [],
          "Further origins (scheme://host[:port]) whose pages may open a control connection.",
        ),
      },
      "The web page of the gateway.",
    ),
    reload: section(
      {
        mode: wordOr(
          ["hybrid", "hot", "restart", "off"],
          "hybrid",
          "What a change of this file does: hybrid applies what it can and restarts for the rest.",
        ),
        debounceMs: countOr(300, "Milliseconds of quiet before a change is read.", { advanced: true }),
        probationMs: countOr(
          15_000,
          "Milliseconds a changed file is on trial: when the gateway or a healthy channel fails meanwhile, the version before comes back.",
          { advanced: true },
        ),
      },
      "Reaction to changes of the config file.",
    ),
    restartBrake: section(
      {
        starts: countOr(
          5,
          "After so many failed or broken-off starts the gateway comes up in safe mode; 0 switches this off.",
        ),
        withinMs: countOr(120_000, "Milliseconds within which the starts count."),
      },
      "Brake on a gateway that starts and dies over and over.",
      { advanced: true },
    ),
    tls: section(
      {
        enabled: flagOr(false, "Serve HTTPS and WSS instead of plain HTTP and WS."),
        cert: optionalText("Path of the PEM certificate (chain)."),
        key: optionalText("Path of the PEM private key."),
        ca: optionalText("Path of a PEM bundle; clients must then show a certificate signed by it."),
        minVersion: wordOr(["TLSv1.2", "TLSv1.3"], "TLSv1.3", "Oldest TLS version accepted.", {
          advanced: true,
        }),
      },
      "Transport encryption by the gateway itself.",
      restart,
    ),
    trustedProxies: textsOr(
      [],
      "Addresses or CIDR ranges of reverse proxies whose X-Forwarded-* headers are believed.",
      restart,
    ),
    allowedHosts: textsOr([], "Further host names this gateway answers to (Host header).", restart),
    http: section(
      {
        endpoints: section(
          {
            chatCompletions: section(
              {
                enabled: flagOr(true, "Answer POST /v1/chat/completions. Needs the gateway secret."),
                maxBodyBytes: countOr(20_000_000, "Largest request body in bytes."),
              },
              "OpenAI chat completions.",
            ),
            responses: section(
              {
                enabled: flagOr(true, "Answer POST /v1/responses. Needs the gateway secret."),
                maxBodyBytes: countOr(20_000_000, "Largest request body in bytes."),
                maxUrlParts: countOr(8, "Most images and files given by URL in one request."),
                files: section(
                  {
                    allowUrl: flagOr(false, "Fetch files given by URL."),
                    maxBytes: countOr(5_242_880, "Largest file in bytes."),
                    maxChars: countOr(200_000, "Most characters of text taken from one file."),
                  },
                  "Input files.",
                ),
                images: section(
                  {
                    allowUrl: flagOr(false, "Fetch images given by URL."),
                    maxBytes: countOr(10_485_760, "Largest image in bytes."),
                  },
                  "Input images.",
                ),
              },
              "OpenResponses.",
            ),
          },
          "HTTP interfaces for other programs.",
        ),
      },
      "HTTP interfaces.",
      restart,
    ),
    metrics: section(
      {
        enabled: flagOr(false, "Answer GET /metrics in the Prometheus format. Needs gateway.metrics.token."),
        token: secret(
          "Bearer token of whoever reads the metrics; it opens nothing else and must differ from gateway.auth.",
        ),
      },
      "Figures for monitoring.",
    ),
    nodes: section(
      {
        allowCommands: textsOr([], "Commands nodes may run in addition to the defaults of their platform."),
        denyCommands: textsOr([], "Commands nodes may never run."),
      },
      "Paired execution hosts.",
    ),
    drainSeconds: countOr(
      10,
      "Seconds running turns have to reach a safe point when the gateway stops or restarts; less where the service manager allows less.",
    ),
    limits: section(
      {
        handshakeTimeoutMs: countOr(10_000, "Milliseconds a client has to finish the handshake."),
        maxConnections: countOr(1_024, "Open WebSocket connections at a time."),
        maxPreAuthPerAddress: countOr(16, "Connections of one address that have not logged in yet."),
        maxPreAuth: countOr(128, "Connections of all addresses that have not logged in yet."),
      },
      "Limits of the server.",
      { advanced: true, reload: "restart" },
    ),
  },
  "The server.",
);
