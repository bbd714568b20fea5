import type { Issue } from "@piopiy/pcmo";
import type { CheckedConfig } from "./schema.ts";

type Trunk = CheckedConfig["trunks"][number];

/** Trunks whose audio has to be encrypted, while nobody may tell them a key or agree on one: no call could go over them. */
export function encryptionIssues({ media, trunks }: CheckedConfig): readonly Issue[] {
  if (media.sdes_without_tls) return [];
  return trunks.flatMap((trunk, index) => {
    if (policyOf(trunk, media) !== "required" || trunk.transport === "tls" || (trunk.keying ?? media.keying) === "dtls") return [];
    const message = 'must be "tls" where encryption is required: keys would be readable on their way (/media/sdes_without_tls allows that), unless they are agreed on by dtls (keying)';
    return [{ path: `/trunks/${index}/transport`, message }];
  });
}

/** Keys that others can read, and phones that no key can be told. */
export function encryptionWarnings({ media, phones, sip, trunks }: CheckedConfig): readonly Issue[] {
  const encrypts = [media.encryption, ...trunks.map((trunk) => policyOf(trunk, media))].some((policy) => policy !== "off");
  const open = media.sdes_without_tls === true && encrypts;
  const safe = (sip.tls !== undefined && sip.tls.port !== false) || (sip.ws?.secure === true && sip.ws.port !== false);
  const deaf = media.encryption === "required" && media.keying !== "dtls" && !media.sdes_without_tls && phones.length > 0 && !safe;
  return [
    ...(open ? [{ path: "/media/sdes_without_tls", message: "keys are told without TLS, too: whoever can listen to the signalling can listen to the calls" }] : []),
    ...(deaf ? [{ path: "/media/encryption", message: "no phone can be called, as keys are told over TLS alone: configure /sip/tls, or /media/keying as dtls" }] : []),
  ];
}

const policyOf = ({ encryption }: Trunk, media: CheckedConfig["media"]) => encryption ?? media.encryption ?? "optional";
