import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { parseSipUri } from "../message/uri.ts";

/**
 * Whether a certificate is made out to a SIP domain or host (RFC 5922 §7.1): by a `sip:` URI without a user part or a
 * DNS name among its alternative names, or an address; by its common name only where there are none of these.
 * Deviation: §7.2 forbids wildcards. Carriers use them, and whoever holds `*.example.com` holds the domain all the same.
 */
export function isMadeOutTo(name: string, certificate: PeerCertificate): boolean {
  if (domainsIn(certificate.subjectaltname ?? "").includes(name.toLowerCase())) return true;
  return checkServerIdentity(name, certificate) === undefined;
}

function domainsIn(alternativeNames: string): readonly string[] {
  // What stands in quotes is somebody's text, and could look like a name of its own.
  const plain = alternativeNames.replace(/"(?:[^"\\]|\\.)*"/g, "");
  return [...plain.matchAll(/(?:^|, )URI:(sip:[^\s,]+)/gi)].flatMap(([, text = ""]) => {
    const uri = parseSipUri(text);
    // §7.1: "If the URI … contains a userinfo part, it MUST NOT be used".
    return uri && uri.user === undefined ? [uri.host] : [];
  });
}
