/** The word ids begin with by what asks; people type what comes behind it. */
const kind = /^(?:exec|node)-/;

/** The beginning of an id that people type. */
export const shortApprovalId = (id: string): string => id.replace(kind, "").slice(0, 8);

/** Whether somebody may have meant this id: its beginning, with or without its first word, at least four characters. */
export const meansApproval = (id: string, given: string): boolean =>
  given.length >= 4 && (id.startsWith(given) || id.replace(kind, "").startsWith(given));
