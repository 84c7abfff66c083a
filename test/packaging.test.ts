import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const text = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");

test.each(["nginx/openclaw.conf", "nginx/openclaw-subpath.conf", "caddy/Caddyfile", "haproxy/haproxy.cfg"])(
  "docs/reverse-proxy.md shows packaging/%s as it is",
  (name) => {
    expect(text("docs/reverse-proxy.md")).toContain(`\n${text(`packaging/${name}`).trimEnd()}\n`);
  },
);
