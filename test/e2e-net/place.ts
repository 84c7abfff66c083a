/** The name under which the example files serve the gateway. */
export const siteName = "assistant.example.org";
/** Where that name leads, and where the proxies listen. */
export const proxyAddress = "198.51.100.1";
/** Visitors. */
export const clientAddresses = ["203.0.113.9", "203.0.113.10"] as const;
