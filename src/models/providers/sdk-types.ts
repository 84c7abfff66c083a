import type { AnthropicProvider } from "@ai-sdk/anthropic";

// All four SDK packages implement one interface; its types are taken from one of them, for the package that declares
// it is not ours to depend on.
export type SdkModel = Pick<ReturnType<AnthropicProvider["languageModel"]>, "doStream">;
export type SdkOptions = Parameters<SdkModel["doStream"]>[0];
export type SdkPrompt = SdkOptions["prompt"];
export type SdkMessage = SdkPrompt[number];
export type SdkPart =
  Awaited<ReturnType<SdkModel["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never;
export type SdkProviderOptions = NonNullable<SdkOptions["providerOptions"]>;
export type SdkTool = Extract<NonNullable<SdkOptions["tools"]>[number], { type: "function" }>;
