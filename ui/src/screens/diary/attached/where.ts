import type { AttachmentView } from "$lib/bindings";
import { m } from "$lib/messages";

/** Where the whole of it is, in a few words; empty when it is here. */
export function sayWhere({ place }: AttachmentView): string {
  switch (place.kind) {
    case "here":
      return "";
    case "noRoom":
      return m.attach_no_room();
    case "server":
      return m.attach_on_server();
    case "coming":
      return place.from === null ? m.attach_coming_other() : m.attach_coming({ device: place.from });
    case "lost":
      return m.attach_lost();
  }
}

/** Whether it can be had now: from here, or from the server. */
export const inReach = ({ place }: AttachmentView) => place.kind !== "coming" && place.kind !== "lost";
