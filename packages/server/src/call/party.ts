import { text, utf8 } from "../base/index.ts";

/**
 * A caller or a called party as the rest of the server knows it, from the user part of a SIP or tel URI: the digits of
 * a telephone number without `+` and visual separators (RFC 3966 §3), or a user name as it stands.
 */
export function party(user: string): string {
  const bare = unescape(user).split(";", 1)[0] ?? "";
  const digits = bare.replaceAll(/[+\s().-]/g, "");
  return /^\d+$/.test(digits) ? digits : bare;
}

/** RFC 3261 §19.1.2: `%2B` in a user part is a plus. What is no escape stays as it came. */
function unescape(user: string): string {
  return user.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}

/** The user part for a party in a URI that is sent: what RFC 3261 §25.1 does not allow there is escaped. */
export function userPart(party: string): string {
  // Half a surrogate pair would make `encodeURIComponent` throw; through UTF-8 it becomes U+FFFD.
  return encodeURIComponent(text(utf8(party))).replaceAll("%24", "$").replaceAll("%2B", "+");
}
