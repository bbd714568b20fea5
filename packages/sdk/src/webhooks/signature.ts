// WebCrypto, which Node, Bun, Deno and Workers share; the type packages of Node leave parts of it to the browser's.

const encoder = new TextEncoder();

/** HMAC-SHA256 of `<seconds>.<body>`, in hex. */
async function hmac(secret: string, seconds: number, raw: Uint8Array): Promise<string> {
  const key = await globalThis.crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const head = encoder.encode(`${seconds}.`);
  const signed = new Uint8Array(head.length + raw.length);
  signed.set(head);
  signed.set(raw, head.length);
  const bytes = new Uint8Array(await globalThis.crypto.subtle.sign("HMAC", key, signed));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The value of `Piopiy-Signature` for a body, as the server would send it. */
export async function signatureOf(raw: Uint8Array, secrets: readonly string[], seconds: number): Promise<string> {
  const signatures = await Promise.all(secrets.map((secret) => hmac(secret, seconds, raw)));
  return [`t=${seconds}`, ...signatures.map((hex) => `v1=${hex}`)].join(",");
}

export interface Signature {
  /** When it was made, in seconds since 1970. */
  readonly seconds: number;
  readonly signatures: readonly string[];
}

/** Reads `t=…,v1=…,v1=…`; undefined when it is none. Parts of other names are for other versions. */
export function readSignature(header: string): Signature | undefined {
  const parts = header.split(",").map((part) => part.trim().split("=", 2));
  const time = parts.find(([name]) => name === "t")?.[1];
  const signatures = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [value] : []));
  if (time === undefined || !/^\d{1,12}$/.test(time) || signatures.length === 0) return undefined;
  return { seconds: Number(time), signatures };
}

/** Whether one of the signatures is of one of the secrets. Each pair takes the same time to compare. */
export async function isSignedBy({ seconds, signatures }: Signature, raw: Uint8Array, secrets: readonly string[]): Promise<boolean> {
  const expected = await Promise.all(secrets.map((secret) => hmac(secret, seconds, raw)));
  return expected.reduce((found, right) => signatures.reduce((one, given) => equal(given, right) || one, found), false);
}

function equal(given: string, right: string): boolean {
  let difference = given.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) difference |= (given.codePointAt(at) ?? 0) ^ (right.codePointAt(at) ?? 0);
  return difference === 0;
}

export const utf8 = (body: string | Uint8Array): Uint8Array => (typeof body === "string" ? encoder.encode(body) : body);
