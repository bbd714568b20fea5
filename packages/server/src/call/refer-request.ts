import {
  formatSipUri, header, headerLines, param, parseNameAddr, parseReplaces, parseSipUri, unescape, uriScheme,
  type Replaces, type SipRequest, type SipUri,
} from "../sip/index.ts";
import type { DialTarget } from "./dialler.ts";
import { party } from "./party.ts";

/** What a REFER asks for. */
export interface Refer {
  /** Who is to be called. */
  readonly target: DialTarget;
  /** The dialog there whose place the call takes (RFC 3891). */
  readonly replaces?: Replaces;
  /** RFC 3892 §3: who asks, as it says itself. */
  readonly referredBy?: string;
  /** RFC 4488 §4: nothing is to be told of what comes of it. */
  readonly silent: boolean;
}

/** Reads a REFER; a number is the status it is refused with. */
export function referOf(request: SipRequest): Refer | number {
  const values = headerLines(request, "Refer-To");
  const [value = ""] = values;
  const address = parseNameAddr(value);
  // RFC 3515 §2.4.2: a 400 to whoever names nobody, or several.
  if (values.length !== 1 || !address) return 400;
  const referredBy = header(request, "Referred-By");
  const common = { silent: /^\s*false\b/i.test(header(request, "Refer-Sub") ?? ""), ...(referredBy !== undefined && { referredBy }) };
  const scheme = uriScheme(address.uri);
  if (scheme === "tel") return { ...common, target: { type: "number", number: party(address.uri.slice(4)) } };
  const uri = scheme === "sip" || scheme === "sips" ? parseSipUri(address.uri) : undefined;
  if (!uri) return 416;
  // RFC 3515 §2.1 lets it ask for other methods; only calls are made here.
  if ((param(uri.params, "method") ?? "INVITE").toUpperCase() !== "INVITE") return 603;
  const target = targetOf(uri, namesOf(request, referredBy));
  const replacesText = headerIn(uri, "replaces");
  if (replacesText === undefined) return { ...common, target };
  const replaces = parseReplaces(replacesText);
  return replaces ? { ...common, target, replaces } : 400;
}

/** Names under which the party knows this server: it wrote them into the request, and is of its own domain. */
function namesOf(request: SipRequest, referredBy: string | undefined): readonly SipUri[] {
  const written = [request.uri, header(request, "To"), referredBy];
  return written.flatMap((value = "") => parseSipUri(parseNameAddr(value)?.uri ?? value) ?? []);
}

/** Without a port it is the domain that is meant, wherever that is served. */
const isHere = ({ host, port, params }: SipUri, names: readonly SipUri[]): boolean =>
  param(params, "maddr") === undefined && names.some((name) => name.host === host && (port === undefined || port === (name.port ?? SIP_PORT)));

const SIP_PORT = 5060;

/** A user here is a number or a phone; somebody elsewhere is reached as the URI says. */
function targetOf(uri: SipUri, names: readonly SipUri[]): DialTarget {
  if (uri.user === undefined || !isHere(uri, names)) {
    const { headers: _, ...bare } = uri;
    return { type: "uri", uri: formatSipUri({ ...bare, params: uri.params.filter(([name]) => name !== "method") }) };
  }
  const name = party(uri.user);
  return /^[\d*#]+$/.test(name) ? { type: "number", number: name } : { type: "user", user: name };
}

/** RFC 3261 §19.1.1: `?name=value&name=value`, escaped. Others than Replaces are not taken from a far end (§19.1.5). */
function headerIn({ headers = "" }: SipUri, wanted: string): string | undefined {
  for (const part of headers.split("&")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).toLowerCase() === wanted) return unescape(part.slice(equals + 1));
  }
  return undefined;
}
