/** Node's codes of what may be wrong with a certificate, in words. */
const certificates: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed and not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted",
};

/** Why a socket could not be opened: what tells enough without naming the address, an HTTP status or the system's code. */
export function whyNotConnected(failure: Error): string {
  const [, status] = /^Unexpected server response: (\d{3})$/.exec(failure.message) ?? [];
  if (status !== undefined) return status.startsWith("3") ? `it redirects with HTTP ${status}, which is not followed` : `it answered with HTTP ${status}`;
  if (/subprotocol/.test(failure.message)) return "it selected a sub-protocol that was not offered";
  if (!("code" in failure)) return "it does not speak the WebSocket protocol";
  const code = String(failure.code);
  const words = certificates[code];
  return words === undefined ? code : `${words} (${code})`;
}
