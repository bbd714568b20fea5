import type { Ids } from "./base/index.ts";
import type { CallSource, Encryption } from "./call/index.ts";
import type { Config } from "./config/index.ts";
import { createIdentity } from "./dtls/index.ts";

/** Whose audio is encrypted, and how keys are asked for: a trunk's own settings, and those of all for everybody else. */
export function encryptionOf({ media, trunks }: Pick<Config, "media" | "trunks">, ids: Ids): Encryption {
  const { encryption: everybody = "optional", keying = "sdes" } = media;
  const trunkOf = (peer: CallSource | undefined) => (peer?.type === "trunk" ? trunks.find(({ name }) => name === peer.name) : undefined);
  return {
    policyOf: (peer) => trunkOf(peer)?.encryption ?? everybody,
    keysInClear: media.sdes_without_tls === true,
    keyingOf: (peer) => trunkOf(peer)?.keying ?? keying,
    identity: createIdentity(ids),
  };
}
