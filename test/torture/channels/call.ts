import { WebSocket } from "ws";

/** One call as an operator, on a connection of its own. */
export function call(port: number, token: string, method: string, params: unknown): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  return new Promise<unknown>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${method}: no answer`)), 10_000);
    socket.on("close", () => clearTimeout(late));
    socket.on("error", reject);
    const ask = (id: string, name: string, wish: unknown) =>
      socket.send(JSON.stringify({ type: "req", id, method: name, params: wish }));
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8")) as {
        event?: string;
        id?: string;
        ok?: boolean;
        payload?: unknown;
        error?: { message: string };
      };
      if (frame.event === "connect.challenge")
        ask("c", "connect", {
          minProtocol: 3,
          maxProtocol: 3,
          client: { id: "test", mode: "test", version: "1", platform: "linux" },
          role: "operator",
          scopes: ["operator.admin"],
          auth: { token },
        });
      if (frame.id === "c") {
        if (frame.ok) ask("m", method, params);
        else reject(new Error(frame.error?.message ?? "not let in"));
      }
      if (frame.id === "m") {
        if (frame.ok) resolve(frame.payload);
        else reject(new Error(`${method}: ${frame.error?.message ?? "refused"}`));
      }
    });
  }).finally(() => socket.terminate());
}
