import type { StreamRequest } from "../../interpreter/index.ts";

/** Who dials, for a bot that wants to know. */
export type Signing = Pick<StreamRequest, "sign" | "signUrl">;

export interface SignedTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

const PARAMETER = "piopiy_signature";

/**
 * A URL as it is asked for, with a signature of this moment: in the header, and with `signUrl` as the last parameter of
 * the query, for bots that cannot see headers. What is signed is the path and query without that parameter.
 */
export function signedTarget(url: URL, { sign, signUrl = false }: Signing): SignedTarget {
  const target = new URL(url);
  // One of an earlier connection would be taken for ours.
  target.search = withoutSignature(url.search);
  const signature = sign?.(target.pathname + target.search);
  if (signature === undefined) return { url: target, headers: {} };
  if (signUrl) target.search = [target.search, `${PARAMETER}=${encodeURIComponent(signature)}`].join(target.search === "" ? "?" : "&");
  return { url: target, headers: { "Piopiy-Signature": signature } };
}

/** The query as it was written but for our parameter: what is signed is text, and parsing would spell it anew. */
function withoutSignature(search: string): string {
  const kept = search.slice(1).split("&").filter((one) => one.split("=")[0] !== PARAMETER).join("&");
  return kept === "" ? "" : `?${kept}`;
}
