/** How a stream is protected: RFC 4568 §6.2 and RFC 7714 §14.1 name these for SDP; RFC 5764 §4.1.2 has them for DTLS. */
export type SrtpProfile = "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AEAD_AES_128_GCM" | "AEAD_AES_256_GCM";

/** What is settled for one stream. Plain data: it goes from thread to thread as it is. Never to be logged. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  /** Master key, then master salt: `keyAndSaltBytes(profile)` bytes. */
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

export interface ProfileLengths {
  readonly cipher: "aes-cm" | "aes-gcm";
  /** In bytes. */
  readonly key: number;
  readonly salt: number;
  /** The authentication tag of RTP and of RTCP, in bytes. */
  readonly tag: number;
  readonly controlTag: number;
}

/** RFC 4568 §6.2.2: with a tag of 32 bits for RTP, that of RTCP has 80 bits all the same. */
export const srtpProfiles: { readonly [P in SrtpProfile]: ProfileLengths } = {
  AES_CM_128_HMAC_SHA1_80: { cipher: "aes-cm", key: 16, salt: 14, tag: 10, controlTag: 10 },
  AES_CM_128_HMAC_SHA1_32: { cipher: "aes-cm", key: 16, salt: 14, tag: 4, controlTag: 10 },
  AEAD_AES_128_GCM: { cipher: "aes-gcm", key: 16, salt: 12, tag: 16, controlTag: 16 },
  AEAD_AES_256_GCM: { cipher: "aes-gcm", key: 32, salt: 12, tag: 16, controlTag: 16 },
};

/** How many bytes of master key and salt a profile asks for. */
export const keyAndSaltBytes = (profile: SrtpProfile): number => srtpProfiles[profile].key + srtpProfiles[profile].salt;
