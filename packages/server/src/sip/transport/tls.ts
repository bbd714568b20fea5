import { isIP, type Socket } from "node:net";
import { connect, createServer, type ConnectionOptions, TLSSocket } from "node:tls";
import type { Listenable } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import type { ConnectionLimits } from "./connection.ts";
import { isMadeOutTo } from "./sip-identity.ts";
import { openStreamTransport, type StreamKind } from "./stream-transport.ts";
import type { OpenTransport } from "./transport.ts";

/** How TLS is spoken; certificates and keys as PEM. */
export interface TlsSettings {
  /** Ours. Without one nothing is listened for: peers are only dialled. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** The authorities that peers are verified by; the ones every system knows when absent. */
  readonly ca?: string;
  /** Whoever connects has to show a certificate of one of the authorities. */
  readonly verifyClient?: boolean;
  /** Who is verified otherwise, by the host name it is dialled by: not at all (`false`), or by an authority of its own. */
  readonly peers?: ReadonlyMap<string, false | { readonly ca: string }>;
  /** Other certificates and authorities, for connections from now on. */
  readonly renewals?: Listenable<{ renewed: TlsSettings }>;
}

/** A handshake that takes longer leads nowhere. */
const HANDSHAKE_MS = 10_000;

/** SIP over TLS (RFC 3261 §26.2.1). What is dialled has to show a certificate made out to the name it is dialled by. */
export const openTls = (settings: TlsSettings = {}, limits?: ConnectionLimits): OpenTransport => (address, receive, clock) =>
  openStreamTransport({ address, receive, clock }, { ...tlsKind(settings), limits });

function tlsKind(settings: TlsSettings): StreamKind {
  const { certificate, ca, verifyClient = false, renewals } = settings;
  let current = settings;
  // RFC 3261 §26.3.1: a client's certificate is asked for, so that its connection can be used the other way (RFC 5923).
  const server = certificate && createServer({
    ...certificate, ...(ca !== undefined && { ca }), requestCert: verifyClient || ca !== undefined, rejectUnauthorized: verifyClient,
    handshakeTimeout: HANDSHAKE_MS, noDelay: true,
  });
  const stop = renewals?.on("renewed", (renewed) => {
    current = renewed;
    if (renewed.certificate) server?.setSecureContext({ ...renewed.certificate, ...(renewed.ca !== undefined && { ca: renewed.ca }) });
  });
  if (stop) server?.once("close", stop);
  // A handshake that fails is the client's affair.
  server?.on("tlsClientError", (_, socket) => socket.destroy());
  return {
    server,
    accepted: "secureConnection",
    dial: (remote) => ({ socket: connect(dialling(current, remote)), ready: "secureConnect" }),
    speaksFor: (socket: Socket, name) =>
      socket instanceof TLSSocket && socket.authorized && isMadeOutTo(name, socket.getPeerCertificate()),
  };
}

function dialling({ certificate, ca, peers }: TlsSettings, remote: SipAddress): ConnectionOptions {
  const name = remote.name ?? remote.host;
  const trust = peers?.get(name);
  const authorities = trust ? trust.ca : ca;
  return {
    host: remote.host,
    port: remote.port,
    ...certificate,
    ...(authorities !== undefined && { ca: authorities }),
    // RFC 6066 §3: a name, never an address.
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: trust !== false,
    // RFC 5922 §7.3: "the client MUST verify" that the server is who it meant.
    checkServerIdentity: (_, certificate) =>
      (isMadeOutTo(name, certificate) ? undefined : new Error("the peer's certificate is made out to somebody else")),
  };
}
