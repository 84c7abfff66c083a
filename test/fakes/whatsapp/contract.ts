import type { BinaryNode, proto } from "baileys";
import type { Group } from "./directory.ts";
import type { MediaHost } from "./media-host.ts";
import type { Bundle } from "./nodes.ts";
import type { Device, Phone } from "./people.ts";
import type { Wire } from "./wire.ts";

// WhatsApp as its linked devices see it: logins, the queue of what a device has not acknowledged, people with phones.

/** A linked device of our account: one login of the client under test. */
export interface Linked extends Device {
  number: number;
  wire: Wire | null;
  /** It has said that it is ready for messages. */
  active: boolean;
  /** Not acknowledged yet, oldest first; the same ciphertext is sent again on every connection. */
  queue: Queued[];
  removed: boolean;
}

export interface Queued {
  stanza: BinaryNode;
  /** Encrypts it anew, as a phone does that is asked to. */
  again(): Promise<BinaryNode>;
}

/** A message of ours as a phone got it. */
export interface Delivered {
  from: Linked;
  stanzaId: string;
  /** JID of the chat it was sent to. */
  to: string;
  message: proto.IMessage;
  /** Time of the clock when it came. */
  at: number;
}

export interface Platform {
  port: number;
  us: Phone;
  people: { alice: Phone; bob: Phone; robot: Phone };
  group: Group;
  media: MediaHost;
  devices: Linked[];
  /** Everything people got from us, in order; one of each id. */
  delivered: Delivered[];
  /** Stanza ids that came more than once. */
  repeated: string[];
  typing: Set<string>;
  read: string[];
  /** Makes a finished login without the ceremony. */
  link(identity: { bundle: Bundle }): Linked;
  /** The owner scans a QR code, or types a code, on the phone. */
  scan(qr: string): void;
  type(code: string): Promise<void>;
  /** Puts a message on every device's queue and sends it to those that are there. */
  post(message: Posted): Promise<void>;
  faults: PlatformFaults;
  /** Stanzas clients sent, by tag: what tests look at that people cannot see. */
  heard: BinaryNode[];
  problems: unknown[];
  busy(): boolean;
  stop(): Promise<void>;
}

export interface Posted {
  id: string;
  author: Phone;
  /** Null: our own phone, in the chat `to`. */
  group: Group | null;
  message: proto.IMessage;
  /** Of our own phone: the chat it was written in. */
  to?: string;
  type?: string;
}

export interface PlatformFaults {
  rateLimited: number;
  failing: number;
  loseAnswers: number;
  loseRequests: number;
  duplicates: number;
  slowMs: number;
  skewMs: number;
  /** Every login is answered with this `failure`; null when all is well. */
  refuse: number | null;
  cut(on: boolean): void;
  /** Open connections carry nothing more. */
  freeze(): void;
  /** Ends every open connection with a stream error. */
  end(error: BinaryNode): void;
}
