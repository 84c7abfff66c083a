import { createServer } from "node:net";
import { UserError } from "../../../core/errors.ts";

const spacing = 20;

/**
 * A port at which, and at whose derived ports (+2, +4), nobody listens now: the given one or the next by steps.
 * @throws UserError PORT_IN_USE when fifty are taken
 */
export async function findFreePort(from: number): Promise<number> {
  for (let port = from; port < from + 50 * spacing; port += spacing) {
    const free = await Promise.all([port, port + 2, port + 4].map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new UserError("PORT_IN_USE", `no free port found from ${from} on`, {
    hint: "choose one yourself: openclaw gateway install --port <n>",
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
