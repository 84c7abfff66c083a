// A package registry on this machine, with real archives of our own build, each altered in one way.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Release {
  version: string;
  /** Changes the unpacked package before it is packed. */
  alter?: (folder: string) => void;
  /** Changes the archive after its digest was taken. */
  spoil?: (archive: Buffer) => Buffer;
  /** Instead of the true digest; null for none. */
  integrity?: string | null;
}

export interface FakeRegistry extends AsyncDisposable {
  url: string;
  publish(release: Release, tag?: string): void;
}

/** Puts code in front of what `bin/openclaw.js` does; `words` holds its arguments. */
export function atStart(code: string): (folder: string) => void {
  return (folder) => {
    const path = join(folder, "bin", "openclaw.js");
    const [first = "", ...rest] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, [first, "const words = process.argv.slice(2);", code, ...rest].join("\n"));
  };
}

export async function startRegistry(): Promise<FakeRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-registry-"));
  const versions: Record<string, object> = {};
  const tags: Record<string, string> = {};
  const archives = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const archive = archives.get(path);
    if (path === "/openclaw") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name: "openclaw", "dist-tags": tags, versions }));
    } else if (archive) response.end(archive);
    else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return {
    url,
    publish({ version, alter, spoil, integrity }, tag = "latest") {
      const work = join(folder, version);
      const unpacked = join(work, "package");
      mkdirSync(unpacked, { recursive: true });
      for (const name of ["bin", "dist"]) cpSync(join(root, name), join(unpacked, name), { recursive: true });
      const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as object;
      const own = { ...manifest, version, devDependencies: {}, scripts: {} };
      writeFileSync(join(unpacked, "package.json"), JSON.stringify(own));
      alter?.(unpacked);
      const tar = execFileSync("tar", ["-C", work, "-cf", "-", "package"], { maxBuffer: 64 * 1024 * 1024 });
      const archive = gzipSync(tar, { level: 1 });
      const digest = (algorithm: string) => createHash(algorithm).update(archive);
      const path = `/files/openclaw-${version}.tgz`;
      archives.set(path, spoil ? spoil(archive) : archive);
      versions[version] = {
        ...own,
        dist: {
          tarball: url + path,
          shasum: digest("sha1").digest("hex"),
          ...(integrity === null
            ? {}
            : { integrity: integrity ?? `sha512-${digest("sha512").digest("base64")}` }),
        },
      };
      tags[tag] = version;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
