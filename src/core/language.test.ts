import { expect, test } from "vitest";
import { languageOf, languageOfLocale } from "./language.ts";

test("tags of browsers and of terminals; an unknown language is none", () => {
  expect(
    ["ja", "ja-JP", "ja_JP.UTF-8", "JA", "en_GB", "jam", "de_DE", "C", "C.UTF-8", "", undefined].map(
      languageOf,
    ),
  ).toEqual(["ja", "ja", "ja", "ja", "en", null, null, null, null, null, null]);
});

test("the first variable that is set decides, as POSIX has it", () => {
  expect(languageOfLocale({ LANG: "ja_JP.UTF-8" })).toBe("ja");
  expect(languageOfLocale({ LC_ALL: "C", LANG: "ja_JP.UTF-8" })).toBe("en");
  expect(languageOfLocale({ LC_ALL: "", LC_MESSAGES: "ja_JP", LANG: "en_US" })).toBe("ja");
  expect(languageOfLocale({})).toBe("en");
});
