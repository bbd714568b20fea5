import { lookup } from "node:dns";
import { isIP } from "node:net";

/** Names, which SDP allows in place of addresses: each is asked for once. */
export interface Names {
  /** The address of a name that is known, or of an address itself. */
  known(name: string): string | undefined;
  /** Fails at once while the answer is still waited for: what is sent meanwhile is lost, and waits for nothing. */
  ask(name: string, family: number, told: (failure: Error | null, address: string) => void): void;
}

export function createNames(): Names {
  const addresses = new Map<string, string>();
  const asked = new Set<string>();
  return {
    known: (name) => (isIP(name) === 0 ? addresses.get(name) : name),
    ask(name, family, told) {
      if (asked.has(name)) {
        told(new Error("the name is still being asked for"), "");
        return;
      }
      asked.add(name);
      lookup(name, { family }, (failure, address) => {
        asked.delete(name);
        if (!failure) addresses.set(name, address);
        told(failure, address);
      });
    },
  };
}
