import { createSrtpReceiver, createSrtpSender, isRtcp, type SrtpKeys, type SrtpProfile, type SrtpReceiver, type SrtpSender } from "../rtp/index.ts";

/** What stands between the port and a session whose media is protected: nothing in the clear passes, either way. */
export interface SecurePath {
  readonly keys: SrtpKeys;
  /** SRTP of a packet of ours; valid until four more were sealed. Undefined: it cannot be sent. */
  seal(rtp: Uint8Array): Uint8Array | undefined;
  sealControl(rtcp: Uint8Array): Uint8Array | undefined;
  /** RTP or RTCP of what came; valid until the next one is opened. Undefined: it is not the peer's, or came before. */
  open(datagram: Uint8Array): Uint8Array | undefined;
}

/** Keys that a direction remembers: of one suite each, or of a handshake each. Who comes back to one had changed as often. */
const MOST_KEYS = 8;

/**
 * The path by which a session goes on with these keys. A direction whose key stays, or comes back, goes on counting where it
 * was, as RFC 3711 §9.1 demands: with a key stream begun anew, two packets would have the same, and what came once could come
 * again. Undefined: it is in the clear.
 */
export function securePath(keys: SrtpKeys | undefined, before: SecurePath | undefined): SecurePath | undefined {
  if (!keys) return undefined;
  const kept = before && paths.get(before);
  const senders = withKey(kept?.senders ?? [], keys.profile, keys.send, createSrtpSender);
  const receivers = withKey(kept?.receivers ?? [], keys.profile, keys.receive, createSrtpReceiver);
  const last = kept?.receivers[0].counting;
  const parts: Parts = { senders, receivers, former: last === receivers[0].counting ? kept?.former : last };
  const sender = senders[0].counting;
  const path: SecurePath = {
    keys,
    seal: (rtp) => sender.protect(rtp),
    sealControl: (rtcp) => sender.protectControl(rtcp),
    open: (datagram) => open(parts, datagram),
  };
  paths.set(path, parts);
  return path;
}

/** How far a direction has counted with a key. */
interface Counted<T> {
  readonly profile: SrtpProfile;
  readonly key: Uint8Array;
  readonly counting: T;
}

/** The key in force comes first. */
type Keyring<T> = readonly [Counted<T>, ...Counted<T>[]];

interface Parts {
  readonly senders: Keyring<SrtpSender>;
  readonly receivers: Keyring<SrtpReceiver>;
  /** Of the key before: packets of its are on their way until the first one of the new key has come. */
  former: SrtpReceiver | undefined;
}

const paths = new WeakMap<SecurePath, Parts>();

function withKey<T>(known: readonly Counted<T>[], profile: SrtpProfile, key: Uint8Array, create: (profile: SrtpProfile, key: Uint8Array) => T): Keyring<T> {
  const found = known.find((one) => one.profile === profile && isSame(one.key, key));
  const others = known.filter((one) => one !== found).slice(0, MOST_KEYS - 1);
  return [found ?? { profile, key, counting: create(profile, key) }, ...others];
}

function open(parts: Parts, datagram: Uint8Array): Uint8Array | undefined {
  const opened = openBy(parts.receivers[0].counting, datagram);
  if (!opened) return parts.former && openBy(parts.former, datagram);
  parts.former = undefined;
  return opened;
}

const openBy = (receiver: SrtpReceiver, datagram: Uint8Array): Uint8Array | undefined =>
  isRtcp(datagram) ? receiver.openControl(datagram) : receiver.open(datagram);

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
