import { emptyConversation, type Conversation } from "./conversation.ts";
import { emptyEditor, type Editor } from "./editor.ts";

/** A command that waits for a person's word. */
export interface Question {
  id: string;
  command: string;
  where: string;
  resolvedPath: string;
}

export interface SessionChoice {
  key: string;
  title: string;
}

/** Everything on the screen. */
export interface Screen {
  sessionKey: string;
  connection: "connected" | "connecting" | "lost";
  conversation: Conversation;
  editor: Editor;
  questions: readonly Question[];
  /** The list to choose a session from, while it is open. */
  chooser: { rows: readonly SessionChoice[]; at: number } | null;
  /** Lines scrolled up from the end. */
  scroll: number;
  /** Whether tools show their whole output. */
  expanded: boolean;
}

export function newScreen(sessionKey: string): Screen {
  return {
    sessionKey,
    connection: "connecting",
    conversation: emptyConversation,
    editor: emptyEditor,
    questions: [],
    chooser: null,
    scroll: 0,
    expanded: false,
  };
}
