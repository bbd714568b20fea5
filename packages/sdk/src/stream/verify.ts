import type { IncomingMessage } from "node:http";
import { systemClock } from "../base/clock.ts";
import { isSignedBy, readSignature, utf8 } from "../webhooks/signature.ts";

const parameter = "piopiy_signature";

/**
 * Whether an upgrade is signed with one of the secrets, in its header `Piopiy-Signature` or its query parameter
 * `piopiy_signature`, within the tolerance: HMAC-SHA256 of `<seconds>.<path and query>`, without that parameter.
 */
export async function isSigned(request: IncomingMessage, secrets: readonly string[], toleranceSeconds: number): Promise<boolean> {
  const { target, fromQuery } = splitTarget(request.url ?? "");
  const header = request.headers["piopiy-signature"];
  const signature = readSignature(typeof header === "string" ? header : fromQuery ?? "");
  if (!signature) return false;
  const genuine = await isSignedBy(signature, utf8(target), secrets);
  return genuine && Math.abs(systemClock.now() / 1000 - signature.seconds) <= toleranceSeconds;
}

/** What was signed: the target as it was requested, without the parameter that carries the signature. */
function splitTarget(url: string): { readonly target: string; readonly fromQuery: string | undefined } {
  const at = url.indexOf("?");
  if (at === -1) return { target: url, fromQuery: undefined };
  const pairs = url.slice(at + 1).split("&");
  const others = pairs.filter((pair) => !pair.startsWith(`${parameter}=`));
  if (others.length === pairs.length) return { target: url, fromQuery: undefined };
  const query = others.length === 0 ? "" : `?${others.join("&")}`;
  return { target: url.slice(0, at) + query, fromQuery: new URLSearchParams(url.slice(at + 1)).get(parameter) ?? undefined };
}
