import { createHash } from "node:crypto";

/** RFC 7616 §3.4, RFC 8760 §2.1. */
export type DigestAlgorithm = "MD5" | "SHA-256";

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** `-sess`: the user's hash is bound to the nonces (RFC 7616 §3.4.2). */
  readonly session?: boolean;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  /** The digest-uri as it stands in the header. */
  readonly uri: string;
  readonly nonce: string;
  /** With qop=auth: the client's nonce and its count, 8 hexadecimal digits. Without: the form of RFC 2069. */
  readonly qop?: { readonly cnonce: string; readonly nc: string };
}

/** The `response` of a digest, in lower-case hexadecimal (RFC 7616 §3.4.1; RFC 3261 §22.4). */
export function digestResponse(input: DigestInput): string {
  const hash = (text: string) => createHash(input.algorithm === "MD5" ? "md5" : "sha256").update(text).digest("hex");
  const secret = hash(`${input.username}:${input.realm}:${input.password}`);
  const ha1 = input.session && input.qop ? hash(`${secret}:${input.nonce}:${input.qop.cnonce}`) : secret;
  const ha2 = hash(`${input.method}:${input.uri}`);
  return input.qop
    ? hash(`${ha1}:${input.nonce}:${input.qop.nc}:${input.qop.cnonce}:auth:${ha2}`)
    : hash(`${ha1}:${input.nonce}:${ha2}`);
}
