// What goes over the wire, as far as it is read here (discord.com/developers/docs/resources). What a version of the
// platform may leave out is optional.

export interface WireUser {
  id: string;
  username: string;
  global_name?: string | null;
  bot?: boolean;
}

export interface WireMember {
  user?: WireUser;
  nick?: string | null;
  roles?: string[];
}

export interface WireAttachment {
  id: string;
  filename: string;
  content_type?: string;
  size: number;
  url: string;
  duration_secs?: number;
}

export interface WirePoll {
  question: { text?: string };
  answers: Array<{ answer_id?: number; poll_media: { text?: string } }>;
}

interface WireContent {
  content: string;
  attachments: WireAttachment[];
  sticker_items?: Array<{ id: string; name: string; format_type: number }>;
  embeds?: Array<{ title?: string; description?: string; url?: string }>;
}

export interface WireMessage extends WireContent {
  id: string;
  channel_id: string;
  /** Only when the gateway tells of it. */
  guild_id?: string;
  member?: WireMember;
  author: WireUser;
  type: number;
  flags?: number;
  timestamp: string;
  edited_timestamp: string | null;
  webhook_id?: string;
  mentions: WireUser[];
  mention_roles?: string[];
  mention_channels?: Array<{ id: string; name: string }>;
  message_reference?: { type?: number; message_id?: string; channel_id?: string };
  referenced_message?: WireMessage | null;
  message_snapshots?: Array<{ message: WireContent }>;
  poll?: WirePoll;
  nonce?: string | number;
}

/** What all kinds of channel have, where they have it. */
export interface WireChannel {
  id: string;
  type: number;
  guild_id?: string;
  parent_id?: string | null;
  name?: string | null;
  last_message_id?: string | null;
  recipients?: WireUser[];
}

export interface WireGuild {
  id: string;
  name: string;
  unavailable?: boolean;
  joined_at?: string;
  channels?: WireChannel[];
  threads?: WireChannel[];
  roles?: Array<{ id: string; tags?: { bot_id?: string } }>;
}

export interface WireReady {
  session_id: string;
  resume_gateway_url: string;
  user: WireUser;
  application: { id: string };
  guilds: Array<{ id: string }>;
}

export interface WireReaction {
  user_id: string;
  channel_id: string;
  message_id: string;
  guild_id?: string;
  member?: WireMember;
  emoji: { id?: string | null; name?: string | null };
}

export interface WireVote {
  user_id: string;
  channel_id: string;
  message_id: string;
  guild_id?: string;
  answer_id: number;
}

export interface WireInteraction {
  id: string;
  application_id: string;
  type: number;
  token: string;
  data?: {
    name?: string;
    custom_id?: string;
    options?: Array<{ name: string; value?: string | number | boolean }>;
  };
  guild_id?: string;
  channel_id?: string;
  channel?: WireChannel;
  member?: WireMember;
  user?: WireUser;
  message?: WireMessage;
}
