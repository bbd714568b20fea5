import { unescape } from "../sip/index.ts";

/**
 * A caller or a called party as the rest of the server knows it, from the user part of a SIP or tel URI: the digits of
 * a telephone number without `+` and visual separators (RFC 3966 §3), or a user name as it stands.
 */
export function party(user: string): string {
  const bare = unescape(user).split(";", 1)[0] ?? "";
  const digits = bare.replaceAll(/[+\s().-]/g, "");
  return /^\d+$/.test(digits) ? digits : bare;
}
