// A channel of one's own, whole: line chat, a server that speaks one JSON object a line over TCP.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { serve } from "./kit.mjs";

const heartbeatMs = 1000;
const pauseMs = 200;
const longestPauseMs = 2000;

serve(async ({ config, receive, proved, trouble }) => {
  const [host, port] = String(config.server ?? "").split(":");
  if (!host || !Number(port)) throw new Error("CHANNEL_CONFIG: server: must be host:port");
  if (!config.token) throw new Error("CHANNEL_CONFIG: token: is missing");
  const waiting = new Map();
  let [socket, stopped, pause, heard, queue, beat] = [null, false, pauseMs, 0, Promise.resolve(), null];

  const say = (message) => socket?.write(`${JSON.stringify(message)}\n`);

  /** Acknowledged only when the gateway has it for good; in the order in which it came. */
  async function take({ id, ...event }) {
    try {
      await receive(event);
      say({ type: "ack", id });
    } catch {
      // Not stored: the server sends it again after the next hello.
      socket?.destroy();
    }
  }

  function open() {
    if (stopped) return;
    const mine = connect({ host, port: Number(port) });
    let welcome = false;
    mine.on("error", (error) => trouble({ code: "NETWORK", message: error.message }));
    mine.on("connect", () => {
      socket = mine;
      heard = Date.now();
      say({ type: "hello", token: config.token });
    });
    createInterface({ input: mine }).on("line", (line) => {
      heard = Date.now();
      const message = JSON.parse(line);
      if (message.type === "welcome") {
        welcome = true;
        pause = pauseMs;
      } else if (message.type === "refused") {
        stopped = true;
        mine.destroy();
        trouble({
          code: "TOKEN_REVOKED",
          message: "the server refuses the token",
          hint: "openclaw config set channels.linechat.token <token>",
          fatal: true,
        });
      } else if (message.type === "event") queue = queue.then(() => take(message.event));
      else if (message.type === "done") {
        waiting.get(message.key)?.(message);
        waiting.delete(message.key);
      }
      if (welcome) proved("receive");
    });
    mine.on("close", () => {
      if (socket === mine) socket = null;
      // Sent, and no answer: the server may have it. It drops repeats, so the gateway tries again.
      for (const end of waiting.values()) end({ lost: true });
      waiting.clear();
      if (!stopped) setTimeout(open, pause * (0.75 + Math.random() / 2));
      pause = Math.min(longestPauseMs, pause * 2);
    });
  }

  /** Asks the server and waits for its "done". */
  const ask = (message) =>
    new Promise((resolve) => {
      if (!socket) return resolve({ down: true });
      waiting.set(message.key, resolve);
      say(message);
    });

  open();
  beat = setInterval(() => {
    // Two beats without a sign of life: the connection is only half there.
    if (socket && Date.now() - heard > 2 * heartbeatMs + 500) socket.destroy();
    else say({ type: "ping" });
  }, heartbeatMs);

  return {
    async send({ kind, key, to, text, messageId }) {
      if (kind !== "message" && kind !== "edit") return { kind: "dead", error: `line chat has no "${kind}"` };
      const answer = await ask({ type: kind === "edit" ? "edit" : "say", key, to, text, messageId });
      if (answer.down) return { kind: "retry", error: "not connected" };
      if (answer.lost) return { kind: "unknown", error: "the connection was lost" };
      if (answer.busy) return { kind: "retry", error: "the server is busy", afterMs: answer.busy };
      if (answer.error) return { kind: "dead", error: answer.error };
      proved("send");
      return { kind: "sent", receipt: { messageId: answer.messageId } };
    },
    typing: ({ to, on }) => void say({ type: "typing", to, on }),
    async probe() {
      const answer = await Promise.race([
        ask({ type: "probe", key: `probe:${Date.now()}` }),
        new Promise((resolve) => setTimeout(resolve, 5000, { lost: true })),
      ]);
      return answer.down || answer.lost
        ? { ok: false, error: "not connected" }
        : { ok: true, identity: answer.name };
    },
    async stop() {
      stopped = true;
      clearInterval(beat);
      socket?.destroy();
      await queue;
    },
  };
});
