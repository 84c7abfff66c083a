import type { FunctionComponent } from "preact";
import type { IconName } from "../components/icon.tsx";
import { texts } from "../i18n/index.ts";

/** A page of the navigation. Its code is loaded when it is first opened. */
export interface PageEntry {
  id: string;
  icon: IconName;
  title: () => string;
  /** Which part of the navigation it is in. */
  group: "talk" | "operate" | "set-up";
  load: () => Promise<FunctionComponent>;
}

const t = texts({
  en: {
    chat: "Chat",
    overview: "Overview",
    channels: "Channels",
    sessions: "Sessions",
    config: "Configuration",
    logs: "Logs",
    devices: "Devices",
    debug: "Debug",
    setup: "Set up",
  },
  ja: {
    chat: "チャット",
    overview: "概要",
    channels: "チャネル",
    sessions: "セッション",
    config: "設定",
    logs: "ログ",
    devices: "デバイス",
    debug: "デバッグ",
    setup: "セットアップ",
  },
});

/** Every page, in the order of the navigation. The first is shown when an address names none. */
export const pages: readonly PageEntry[] = [
  {
    id: "chat",
    icon: "chat",
    title: () => t("chat"),
    group: "talk",
    load: async () => (await import("./chat/chat-page.tsx")).ChatPage,
  },
  {
    id: "overview",
    icon: "overview",
    title: () => t("overview"),
    group: "operate",
    load: async () => (await import("./overview/overview-page.tsx")).OverviewPage,
  },
  {
    id: "channels",
    icon: "channels",
    title: () => t("channels"),
    group: "operate",
    load: async () => (await import("./channels/channels-page.tsx")).ChannelsPage,
  },
  {
    id: "sessions",
    icon: "sessions",
    title: () => t("sessions"),
    group: "operate",
    load: async () => (await import("./sessions/sessions-page.tsx")).SessionsPage,
  },
  {
    id: "logs",
    icon: "logs",
    title: () => t("logs"),
    group: "operate",
    load: async () => (await import("./logs/logs-page.tsx")).LogsPage,
  },
  {
    id: "config",
    icon: "config",
    title: () => t("config"),
    group: "set-up",
    load: async () => (await import("./config/config-page.tsx")).ConfigPage,
  },
  {
    id: "setup",
    icon: "plus",
    title: () => t("setup"),
    group: "set-up",
    load: async () => (await import("./onboarding/onboarding-page.tsx")).OnboardingPage,
  },
  {
    id: "devices",
    icon: "devices",
    title: () => t("devices"),
    group: "set-up",
    load: async () => (await import("./devices/devices-page.tsx")).DevicesPage,
  },
  {
    id: "debug",
    icon: "debug",
    title: () => t("debug"),
    group: "operate",
    load: async () => (await import("./debug/debug-page.tsx")).DebugPage,
  },
];
