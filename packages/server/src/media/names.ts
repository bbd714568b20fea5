import { lookup } from "node:dns";
import { isIP } from "node:net";

/** Names, which SDP allows in place of addresses: each is asked for once. */
export interface Names {
  /** The address of a name that is known, or of an address itself. */
  known(name: string): string | undefined;
  ask(name: string, family: number, told: (failure: Error | null, address: string) => void): void;
}

export function createNames(): Names {
  const addresses = new Map<string, string>();
  return {
    known: (name) => (isIP(name) === 0 ? addresses.get(name) : name),
    ask(name, family, told) {
      lookup(name, { family }, (failure, address) => {
        if (!failure) addresses.set(name, address);
        told(failure, address);
      });
    },
  };
}
