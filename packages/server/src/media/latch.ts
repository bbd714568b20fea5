/** Where packets come from or go to. */
export interface MediaAddress {
  readonly host: string;
  readonly port: number;
}

/** After this silence of the source another one may take its place: a peer that moved without telling. */
const ABANDONED_MS = 2000;

/**
 * Symmetric RTP (RFC 4961): packets go to where packets come from, because the address in SDP is often one that only
 * the peer's own network knows. The first source that sends valid RTP is kept; a stranger who finds the port later
 * can neither be heard nor draw the audio to itself while the true peer is sending.
 */
export interface Latch {
  /** SDP named this address. A new one is sent to at once, and the source so far has to be silent to come back. */
  expect(remote: MediaAddress): void;
  /** Whether a packet from this source belongs to the peer. */
  accepts(host: string, port: number, nowMs: number): boolean;
  /** A valid packet came from a source that is accepted. True: it is a source that had not been heard. */
  heard(host: string, port: number, nowMs: number): boolean;
  /** Where to send to; undefined: SDP named no address, nothing is to be sent. */
  readonly target: MediaAddress | undefined;
}

export function createLatch(): Latch {
  let expected: MediaAddress | undefined;
  let source: MediaAddress | undefined;
  let former: MediaAddress | undefined;
  let heardMs = 0;
  const same = (one: MediaAddress | undefined, host: string, port: number) => one?.port === port && one.host === host;

  return {
    expect(remote) {
      if (same(expected, remote.host, remote.port)) return;
      expected = remote;
      former = source;
      source = undefined;
    },
    accepts(host, port, nowMs) {
      if (same(source, host, port)) return true;
      // What signalling named is never a stranger, and takes its place back from one.
      if (same(expected, host, port)) return true;
      const abandoned = nowMs - heardMs >= ABANDONED_MS;
      return abandoned || (source === undefined && !same(former, host, port));
    },
    heard(host, port, nowMs) {
      heardMs = nowMs;
      if (same(source, host, port)) return false;
      source = { host, port };
      former = undefined;
      return true;
    },
    get target() {
      return isNowhere(expected) ? undefined : (source ?? expected);
    },
  };
}

/** RFC 3264 §8.4: the old way to put a call on hold is the address 0.0.0.0; RFC 3264 §5.1: port 0 is no stream. */
const isNowhere = (address: MediaAddress | undefined): boolean =>
  address === undefined || address.port === 0 || address.host === "0.0.0.0" || address.host === "::";
