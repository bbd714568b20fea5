/** How SRTP protects (RFC 4568 §6.2, RFC 7714 §14.1), and how many bytes the master key and the salt have together. */
export const cryptoSuites = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
} as const;

export type CryptoSuite = keyof typeof cryptoSuites;

/** Master key and salt for a suite. Never to be logged. */
export interface CryptoKey {
  readonly suite: CryptoSuite;
  readonly keyAndSalt: Uint8Array;
}

/** One `a=crypto` line (RFC 4568 §4). */
export interface SdpCrypto extends CryptoKey {
  /** 1 to 9 digits: what the answer repeats. */
  readonly tag: string;
}

/** RFC 3711 §9.2: what a key may protect at most. */
const MOST_PACKETS = 2 ** 48;

/**
 * The `a=crypto` lines of one media section that can be used, in their order. RFC 4568 §5.1.2: whatever is not known, or not
 * done here, makes its line invalid and nothing else: other suites, master key identifiers, several keys, session
 * parameters that change how packets are protected.
 */
export function cryptoOf(lines: readonly string[]): readonly SdpCrypto[] {
  const valid = lines.flatMap((line) => parsed(line) ?? []);
  // RFC 4568 §6.1: a tag is used once.
  return valid.filter(({ tag }, at) => valid.findIndex((one) => one.tag === tag) === at);
}

/** The line of a key of ours. */
export const cryptoLine = ({ tag, suite, keyAndSalt }: SdpCrypto): string => `a=crypto:${tag} ${suite} inline:${Buffer.from(keyAndSalt).toString("base64")}`;

/** What an offer of ours has: our keys, counted from 1. */
export const offeredCrypto = (keys: readonly CryptoKey[]): readonly SdpCrypto[] => keys.map(({ suite, keyAndSalt }, at) => ({ suite, keyAndSalt, tag: String(at + 1) }));

function parsed(line: string): SdpCrypto | undefined {
  const found = /^a=crypto:(\d{1,9}) ([A-Za-z0-9_]{1,64}) inline:([A-Za-z0-9+/]{1,64}={0,2})((?:\|[^\s;]*)?)((?: \S+)*)\s*$/.exec(line);
  if (!found) return undefined;
  const [, tag = "", name = "", key = "", limits = "", session = ""] = found;
  const suite = suiteOf(name);
  const keyAndSalt = Uint8Array.from(Buffer.from(key, "base64"));
  if (!suite || keyAndSalt.length !== cryptoSuites[suite]) return undefined;
  return isLifetime(limits) && session.split(" ").every(isHarmless) ? { tag, suite, keyAndSalt } : undefined;
}

function suiteOf(name: string): CryptoSuite | undefined {
  for (const suite of ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"] as const) {
    if (suite === name.toUpperCase()) return suite;
  }
  return undefined;
}

/** RFC 4568 §6.1: `|2^20` or `|1048576`; with a colon it is a master key identifier, which every packet would carry. */
function isLifetime(limits: string): boolean {
  if (limits === "") return true;
  const [, power, plain] = /^\|(?:2\^(\d{1,2})|(\d{1,15}))$/.exec(limits) ?? [];
  const packets = power === undefined ? Number(plain ?? 0) : 2 ** Number(power);
  return packets > 0 && packets <= MOST_PACKETS;
}

/**
 * RFC 4568 §6.3: a hint for the replay window (§6.3.6), keys that are derived once (§6.3.1), and extensions that may be left
 * out, which begin with a minus (§6.3.7).
 */
const isHarmless = (parameter: string): boolean => parameter === "" || /^WSH=\d{1,9}$/.test(parameter) || parameter === "KDR=0" || parameter.startsWith("-");
