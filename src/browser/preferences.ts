import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a new profile begins with. Written once: from then on the file is the browser's own. */
const preferences = {
  alternate_error_pages: { enabled: false },
  autofill: { credit_card_enabled: false, profile_enabled: false },
  credentials_enable_service: false,
  download: { prompt_for_download: false },
  dns_prefetching: { enabled: false },
  net: { network_prediction_options: 2 },
  profile: {
    default_content_setting_values: {
      geolocation: 2,
      media_stream_camera: 2,
      media_stream_mic: 2,
      notifications: 2,
    },
    password_manager_enabled: false,
  },
  safebrowsing: { enabled: false },
  search: { suggest_enabled: false },
  signin: { allowed: false },
  webrtc: {
    ip_handling_policy: "disable_non_proxied_udp",
    multiple_routes_enabled: false,
    nonproxied_udp_enabled: false,
  },
};

export function writePreferences(profile: string): void {
  const path = join(profile, "Default", "Preferences");
  if (existsSync(path)) return;
  mkdirSync(join(profile, "Default"), { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify(preferences), { mode: 0o600 });
}
