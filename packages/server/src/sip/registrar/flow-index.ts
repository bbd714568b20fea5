import type { SipAddress } from "../address.ts";
import { remoteOf } from "../transport/transport.ts";
import type { Contact } from "./bindings.ts";

/** Who is registered by which connection: any stranger may open and close some, and none of them costs a look at everybody. */
export interface FlowIndex {
  /** The user's contacts are these, in place of those. */
  move(username: string, before: readonly Contact[], after: readonly Contact[]): void;
  usersOf(remote: SipAddress): readonly string[];
  clear(): void;
}

export function createFlowIndex(): FlowIndex {
  const users = new Map<string, Set<string>>();
  return {
    move(username, before, after) {
      for (const key of keysOf(before)) {
        const there = users.get(key);
        there?.delete(username);
        if (there?.size === 0) users.delete(key);
      }
      for (const key of keysOf(after)) {
        const there = users.get(key);
        if (there) there.add(username);
        else users.set(key, new Set([username]));
      }
    },
    usersOf: (remote) => [...(users.get(keyOf(remote)) ?? [])],
    clear: () => users.clear(),
  };
}

const keyOf = (remote: SipAddress): string => `${remote.transport} ${remoteOf(remote)}`;

/** Datagrams have no connection that could end. */
const keysOf = (contacts: readonly Contact[]): readonly string[] =>
  contacts.flatMap(({ source }) => (source.transport === "udp" ? [] : [keyOf(source)]));
