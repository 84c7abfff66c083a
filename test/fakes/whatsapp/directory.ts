import type { BinaryNode } from "baileys";
import { bundleNode, bytes, child, children, node } from "./nodes.ts";
import type { Phone } from "./people.ts";

// What the server knows of people and groups, and how it answers questions about them.

export interface Group {
  jid: string;
  subject: string;
  members: Phone[];
}

export interface Directory {
  phones: Phone[];
  groups: Group[];
  /** Linked devices of a phone, beside the phone itself. */
  devicesOf(phone: Phone): number[];
}

const server = "s.whatsapp.net";

export function findPhone(phones: readonly Phone[], jid: string | undefined): Phone | undefined {
  const bare = (jid ?? "").replace(/:\d+@/, "@");
  return phones.find((phone) => phone.jid === bare || phone.lid === bare);
}

/** Answers a question (`iq`) about people, keys and groups; null when it is about something else. */
export function answerDirectory(iq: BinaryNode, directory: Directory): BinaryNode[] | null {
  const { xmlns, type } = iq.attrs;
  if (xmlns === "usync") {
    const asked = child(iq, "usync");
    const protocols = children(child(asked, "query")).map((protocol) => protocol.tag);
    const users = children(child(asked, "list"), "user").flatMap((user) => {
      const number = bytes(user, "contact").toString("utf8");
      const byNumber = number === "" ? undefined : `${number.replace(/^\+/, "")}@${server}`;
      const jid = user.attrs["jid"] ?? byNumber;
      const phone = findPhone(directory.phones, jid);
      if (!phone || !jid) return [];
      const devices = [0, ...directory.devicesOf(phone)].map((id) => node("device", { id: String(id) }));
      const parts: Record<string, BinaryNode> = {
        devices: node("devices", { version: "2" }, [node("device-list", {}, devices)]),
        lid: node("lid", { val: phone.lid }),
        contact: node("contact", { type: "in" }),
      };
      const content = protocols.flatMap((protocol) => {
        if (protocol === "lid" && jid.endsWith("@lid")) return [];
        return parts[protocol] ?? [];
      });
      return [node("user", { jid }, content)];
    });
    return [node("usync", { ...asked?.attrs }, [node("result"), node("list", {}, users)])];
  }
  if (xmlns === "encrypt" && type === "get" && child(iq, "key")) {
    const users = children(child(iq, "key"), "user").flatMap((user) => {
      const jid = user.attrs["jid"] ?? "";
      const phone = findPhone(directory.phones, jid);
      return phone ? [bundleNode(jid, phone.bundle)] : [];
    });
    return [node("list", {}, users)];
  }
  if (xmlns === "w:g2" && type === "get") {
    if (child(iq, "participating")) return [node("groups", {}, directory.groups.map(groupNode))];
    const group = directory.groups.find(({ jid }) => jid === iq.attrs["to"]);
    return group ? [groupNode(group)] : [node("error", { code: "404", text: "item-not-found" })];
  }
  return null;
}

function groupNode({ jid, subject, members }: Group): BinaryNode {
  const id = jid.split("@")[0] ?? "";
  return node(
    "group",
    {
      id,
      subject,
      addressing_mode: "lid",
      creation: "1700000000",
      s_t: "1700000000",
      creator: members[0]?.lid ?? "",
    },
    members.map((member) => node("participant", { jid: member.lid, phone_number: member.jid })),
  );
}
