import { effect, signal } from "@preact/signals";

const storageKey = "openclaw.theme";

/** Light or dark as chosen here; `system` follows the device. */
export type Theme = "system" | "light" | "dark";

const stored = localStorage.getItem(storageKey);
const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export function startTheme(): void {
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme.value;
  });
}

/** What a press of the switch brings: the other of what is seen now. */
export function toggleTheme(): void {
  const dark =
    theme.value === "dark" ||
    (theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  theme.value = dark ? "light" : "dark";
  localStorage.setItem(storageKey, theme.value);
}
