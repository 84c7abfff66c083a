import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { quoteLabel } from "../core/untrusted.ts";
import type { CdpEvent } from "./cdp.ts";
import type { KeepDownload } from "./contract.ts";
import { note, type Tab } from "./tab.ts";

interface Pending {
  tab: Tab;
  name: string;
  refused: boolean;
}

/** Files that pages want to save: named by the browser's own ids, bounded, handed over, and gone from its folder. */
export function createDownloads(deps: {
  dir: string;
  maxBytes: () => number;
  keep: KeepDownload;
  tabOf: (frameId: string) => Tab | undefined;
  cancel: (guid: string, tab: Tab) => void;
  logger: Logger;
}): { onEvent(event: CdpEvent): void; settled(): Promise<void> } {
  const pending = new Map<string, Pending>();
  const working = new Set<Promise<void>>();

  async function finish(guid: string, { tab, name }: Pending, bytes: number): Promise<void> {
    const path = join(deps.dir, guid);
    try {
      const place = await deps.keep({ seat: tab.seat, name, path, bytes });
      note(tab, `downloaded ${quoteLabel(name)} (${bytes} bytes): ${place}`);
    } catch (error) {
      note(tab, `the download ${quoteLabel(name)} was not kept: ${messageOf(error)}`);
      deps.logger.warn("a download was not kept", { error: messageOf(error) });
    } finally {
      await rm(path, { force: true });
    }
  }
  return {
    onEvent({ method, params }) {
      const guid = String(params["guid"]);
      if (!/^[\w-]+$/.test(guid)) return;
      if (method === "Browser.downloadWillBegin") {
        const tab = deps.tabOf(String(params["frameId"]));
        if (tab) pending.set(guid, { tab, name: String(params["suggestedFilename"]), refused: false });
        return;
      }
      const download = pending.get(guid);
      if (method !== "Browser.downloadProgress" || !download) return;
      const { tab, name } = download;
      const bytes = Number(params["receivedBytes"]);
      const limit = deps.maxBytes();
      if (!download.refused && Math.max(bytes, Number(params["totalBytes"])) > limit) {
        download.refused = true;
        note(
          tab,
          `the download ${quoteLabel(name)} was stopped: it is larger than ${Math.round(limit / 1_048_576)} MB`,
        );
        deps.cancel(guid, tab);
      }
      if (params["state"] === "inProgress") return;
      pending.delete(guid);
      const task =
        params["state"] === "completed" && !download.refused
          ? finish(guid, download, bytes)
          : rm(join(deps.dir, guid), { force: true });
      const tracked = task.finally(() => working.delete(tracked));
      working.add(tracked);
    },
    async settled() {
      await Promise.all(working);
    },
  };
}
