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
    automation: "Automation",
    setup: "Set up",
    agents: "Agents",
    models: "Models",
    skills: "Skills",
    config: "Configuration",
    logs: "Logs",
    devices: "Devices",
    debug: "Debug",
  },
  ja: {
    chat: "チャット",
    overview: "概要",
    channels: "チャネル",
    sessions: "セッション",
    automation: "自動化",
    setup: "セットアップ",
    agents: "エージェント",
    models: "モデル",
    skills: "スキル",
    config: "設定",
    logs: "ログ",
    devices: "デバイス",
    debug: "デバッグ",
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
    id: "automation",
    icon: "automation",
    title: () => t("automation"),
    group: "operate",
    load: async () => (await import("./automation/automation-page.tsx")).AutomationPage,
  },
  {
    id: "logs",
    icon: "logs",
    title: () => t("logs"),
    group: "operate",
    load: async () => (await import("./logs/logs-page.tsx")).LogsPage,
  },
  {
    id: "setup",
    icon: "plus",
    title: () => t("setup"),
    group: "set-up",
    load: async () => (await import("./onboarding/onboarding-page.tsx")).OnboardingPage,
  },
  {
    id: "agents",
    icon: "agents",
    title: () => t("agents"),
    group: "set-up",
    load: async () => (await import("./agents/agents-page.tsx")).AgentsPage,
  },
  {
    id: "models",
    icon: "models",
    title: () => t("models"),
    group: "set-up",
    load: async () => (await import("./models/models-page.tsx")).ModelsPage,
  },
  {
    id: "skills",
    icon: "skills",
    title: () => t("skills"),
    group: "set-up",
    load: async () => (await import("./skills/skills-page.tsx")).SkillsPage,
  },
  {
    id: "devices",
    icon: "devices",
    title: () => t("devices"),
    group: "set-up",
    load: async () => (await import("./devices/devices-page.tsx")).DevicesPage,
  },
  {
    id: "config",
    icon: "config",
    title: () => t("config"),
    group: "set-up",
    load: async () => (await import("./config/config-page.tsx")).ConfigPage,
  },
  {
    id: "debug",
    icon: "debug",
    title: () => t("debug"),
    group: "operate",
    load: async () => (await import("./debug/debug-page.tsx")).DebugPage,
  },
];
