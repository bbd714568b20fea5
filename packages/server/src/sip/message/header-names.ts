/** Every header name this stack knows, as it is written on the wire (RFC 3261 §20 and its extensions). */
const NAMES = [
  "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events",
  "Authentication-Info", "Authorization", "Call-ID", "Call-Info", "Contact", "Content-Disposition",
  "Content-Encoding", "Content-Language", "Content-Length", "Content-Type", "CSeq", "Date", "Diversion",
  "Error-Info", "Event", "Expires", "Flow-Timer", "From", "Geolocation", "History-Info", "Identity", "In-Reply-To",
  "Max-Forwards", "Min-Expires", "Min-SE", "MIME-Version", "Organization", "P-Asserted-Identity",
  "P-Preferred-Identity", "Path", "Priority", "Privacy", "Proxy-Authenticate", "Proxy-Authorization",
  "Proxy-Require", "RAck", "Reason", "Record-Route", "Refer-Sub", "Refer-To", "Referred-By", "Reject-Contact", "Remote-Party-ID",
  "Replaces", "Reply-To", "Request-Disposition", "Require", "Retry-After", "Route", "RSeq", "Server",
  "Service-Route", "Session-Expires", "Subject", "Subscription-State", "Supported", "Timestamp", "To",
  "Unsupported", "User-Agent", "Via", "Warning", "WWW-Authenticate",
] as const;

/** RFC 3261 §7.3.3 and the registrations that followed it. */
const COMPACT = {
  a: "Accept-Contact", b: "Referred-By", c: "Content-Type", d: "Request-Disposition", e: "Content-Encoding",
  f: "From", i: "Call-ID", j: "Reject-Contact", k: "Supported", l: "Content-Length", m: "Contact", o: "Event",
  r: "Refer-To", s: "Subject", t: "To", u: "Allow-Events", v: "Via", x: "Session-Expires", y: "Identity",
} as const;

/** Headers whose grammar is a comma-separated list, so that several lines and one line mean the same (§7.3.1). */
const LISTS: ReadonlySet<string> = new Set<string>([
  "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events",
  "Call-Info", "Contact", "Content-Encoding", "Content-Language", "Diversion", "Error-Info", "History-Info",
  "In-Reply-To", "P-Asserted-Identity", "P-Preferred-Identity", "Path", "Proxy-Require", "Reason", "Record-Route",
  "Reject-Contact", "Require", "Route", "Service-Route", "Supported", "Unsupported", "Via", "Warning",
]);

const canonicalNames: ReadonlyMap<string, string> = new Map<string, string>([
  ...NAMES.flatMap((name): [string, string][] => [[name, name], [name.toLowerCase(), name]]),
  ...Object.entries(COMPACT),
]);

/** The one spelling of a known header name; an unknown name comes back as `undefined`. */
export function knownName(name: string): string | undefined {
  return canonicalNames.get(name) ?? canonicalNames.get(name.toLowerCase());
}

/** Whether the header's value may be a comma-separated list. */
export const isListHeader = (canonicalName: string): boolean => LISTS.has(canonicalName);
