import type { JSX } from "preact";

/** Strokes of 24×24 icons, drawn by ourselves. */
const paths = {
  chat: "M4 5h16v11H9l-5 4z",
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z",
  channels: "M5 12a7 7 0 0 1 14 0M8 12a4 4 0 0 1 8 0M12 12v8M9 20h6",
  sessions: "M4 6h16M4 12h16M4 18h10",
  agents: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM5 20c0-4 3-6 7-6s7 2 7 6",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  automation: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4l3 2",
  skills: "M5 4h11l3 3v13H5zM9 10h6M9 14h6",
  devices: "M4 5h12v9H4zM2 18h14M18 9h4v10h-4z",
  config: "M4 7h10M18 7h2M4 17h2M10 17h10M14 4v6M6 14v6",
  logs: "M5 4h14v16H5zM8 9h8M8 13h8M8 17h4",
  debug: "M8 8l-4 4 4 4M16 8l4 4-4 4M13 6l-2 12",
  menu: "M4 7h16M4 12h16M4 17h16",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  send: "M5 12l14-7-5 14-3-6z",
  stop: "M7 7h10v10H7z",
  attach: "M8 13l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l7-7",
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4 4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  more: "M6 12h.01M12 12h.01M18 12h.01",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
