import type { CallSource, Encryption } from "./call/index.ts";
import type { Config } from "./config/index.ts";

/** Whose audio is encrypted: a trunk's own setting, and that of all for everybody else. */
export function encryptionOf({ media, trunks }: Pick<Config, "media" | "trunks">): Encryption {
  const everybody = media.encryption ?? "optional";
  const policies = new Map(trunks.map(({ name, encryption = everybody }) => [name, encryption]));
  return {
    policyOf: (peer: CallSource | undefined) => (peer?.type === "trunk" ? policies.get(peer.name) : undefined) ?? everybody,
    keysInClear: media.sdes_without_tls === true,
  };
}
