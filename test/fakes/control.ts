import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject } from "../../src/core/json.ts";

/**
 * The port at which a double that runs as a process is told what its people do. `handle` gets path and JSON body;
 * what it gives is the answer, and a failure is a 400. Resolves with its address.
 */
export async function serveControl(
  port: number,
  handle: (path: string, given: Record<string, unknown>) => unknown,
): Promise<string> {
  const control = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(request.url ?? "", Buffer.concat(chunks).toString("utf8"))
        .then((value) =>
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(`${JSON.stringify(value, null, 2)}\n`),
        )
        .catch((error: unknown) => response.writeHead(400).end(`${String(error)}\n`));
    });
  });
  async function answer(path: string, body: string): Promise<unknown> {
    const parsed: unknown = JSON.parse(body || "{}");
    return await handle(path, isObject(parsed) ? parsed : {});
  }
  await new Promise<void>((resolve) => control.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
}
