/** What `a=fingerprint` says of a certificate (RFC 8122 §5). */
export interface SdpFingerprint {
  /** The hash function, in small letters: `sha-256`. */
  readonly hash: string;
  /** Hexadecimal, octets set apart by colons. */
  readonly value: string;
}

/** `a=setup` (RFC 4145 §4, RFC 5763 §5): who begins the handshake. */
export type Setup = "active" | "passive" | "actpass" | "holdconn";

/** How a media section says that its keys are agreed on by DTLS (RFC 5763). */
export interface SdpDtls {
  /** Those that can be used; there is at least one. */
  readonly fingerprints: readonly SdpFingerprint[];
  readonly setup?: Setup;
  /** `a=tls-id` (RFC 8842 §4): another one is another association. */
  readonly tlsId?: string;
}

/** Our side of it. */
export interface LocalDtls {
  /** Of our certificate. */
  readonly fingerprint: SdpFingerprint;
  /** Where the peer's signalling comes from. */
  readonly peerHost?: string;
  /** What we are in the association there is: it stays so (RFC 8842 §5.5). */
  readonly role?: DtlsRole;
}

export type DtlsRole = "client" | "server";

/** What both agreed on: with whom the handshake is, and who begins. */
export interface NegotiatedDtls {
  readonly role: DtlsRole;
  readonly fingerprints: readonly SdpFingerprint[];
  readonly tlsId?: string;
}

/** RFC 5764 §8, RFC 5763 §5. */
export const DTLS_PROTOCOLS: ReadonlySet<string> = new Set(["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"]);

/** RFC 8122 §5; those of MD5 and MD2 can be forged. */
const HASHES = new Set(["sha-1", "sha-224", "sha-256", "sha-384", "sha-512"]);
const MAX_FINGERPRINTS = 8;

/** RFC 5763 §5: what is said for the whole session counts where the section says nothing itself. */
export function dtlsOf(section: readonly string[], session: readonly string[]): SdpDtls | undefined {
  const own = fingerprintsIn(section);
  const fingerprints = own.length > 0 ? own : fingerprintsIn(session);
  const setup = setupOf(valueOf("setup", section) ?? valueOf("setup", session));
  const tlsId = valueOf("tls-id", section) ?? valueOf("tls-id", session);
  return fingerprints.length === 0 ? undefined : { fingerprints, ...(setup && { setup }), ...(tlsId !== undefined && { tlsId }) };
}

export const dtlsLines = ({ hash, value }: SdpFingerprint, setup: Setup): readonly string[] => [`a=fingerprint:${hash} ${value}`, `a=setup:${setup}`];

/**
 * What we are when we answer. RFC 5763 §5: who may choose should begin, as the handshake then need not wait for the answer
 * to arrive. A peer behind a NAT, whose media is not where its signalling is, can begin only by itself.
 * `undefined`: it does not want a connection now.
 */
export function answeredRole({ setup = "active" }: SdpDtls, { role, peerHost }: LocalDtls, host: string | undefined): DtlsRole | undefined {
  if (setup === "actpass") return role ?? (peerHost === undefined || peerHost === host ? "client" : "server");
  if (setup === "holdconn") return undefined;
  return setup === "active" ? "server" : "client";
}

/** What we are by the answer to our `actpass`; without a word of it the peer waits (RFC 4145 §4). */
export function acceptedRole({ setup = "passive" }: SdpDtls): DtlsRole | undefined {
  if (setup === "active") return "server";
  return setup === "passive" ? "client" : undefined;
}

export const setupFor = (role: DtlsRole): Setup => (role === "client" ? "active" : "passive");

function valueOf(name: string, lines: readonly string[]): string | undefined {
  const start = `a=${name}:`;
  return lines.find((line) => line.startsWith(start))?.slice(start.length).trim();
}

const setupOf = (value: string | undefined): Setup | undefined =>
  (["active", "passive", "actpass", "holdconn"] as const).find((setup) => setup === value?.toLowerCase());

function fingerprintsIn(lines: readonly string[]): readonly SdpFingerprint[] {
  return lines
    .flatMap((line) => {
      const [, name = "", value = ""] = /^a=fingerprint:([\w-]{1,16}) +([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63})\s*$/.exec(line) ?? [];
      const hash = name.toLowerCase();
      return HASHES.has(hash) ? [{ hash, value }] : [];
    })
    .slice(0, MAX_FINGERPRINTS);
}
