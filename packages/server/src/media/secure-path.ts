import { createSrtpReceiver, createSrtpSender, isRtcp, type SrtpKeys, type SrtpReceiver } from "../rtp/index.ts";

/** What stands between the port and a session whose media is protected: nothing in the clear passes, either way. */
export interface SecurePath {
  readonly keys: SrtpKeys;
  /** SRTP of a packet of ours; valid until four more were sealed. Undefined: it cannot be sent. */
  seal(rtp: Uint8Array): Uint8Array | undefined;
  sealControl(rtcp: Uint8Array): Uint8Array | undefined;
  /** RTP or RTCP of what came; valid until the next one is opened. Undefined: it is not the peer's, or came before. */
  open(datagram: Uint8Array): Uint8Array | undefined;
}

/**
 * The path by which a session goes on with these keys. A direction whose key stays goes on counting where it was, as
 * RFC 3711 §9.1 demands: with a key stream begun anew, two packets would have the same. Undefined: it is in the clear.
 */
export function securePath(keys: SrtpKeys | undefined, before: SecurePath | undefined): SecurePath | undefined {
  if (!keys) return undefined;
  const kept = before ? paths.get(before) : undefined;
  const profiled = kept?.profile === keys.profile ? kept : undefined;
  const parts: Parts = {
    profile: keys.profile,
    send: keys.send,
    receive: keys.receive,
    sender: profiled && isSame(profiled.send, keys.send) ? profiled.sender : createSrtpSender(keys.profile, keys.send),
    ...receivers(keys, kept, profiled),
  };
  const path: SecurePath = {
    keys,
    seal: (rtp) => parts.sender.protect(rtp),
    sealControl: (rtcp) => parts.sender.protectControl(rtcp),
    open: (datagram) => open(parts, datagram),
  };
  paths.set(path, parts);
  return path;
}

interface Parts {
  readonly profile: SrtpKeys["profile"];
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
  readonly sender: ReturnType<typeof createSrtpSender>;
  readonly receiver: SrtpReceiver;
  /** Of the key before: packets of its are on their way until the first one of the new key has come. */
  former: SrtpReceiver | undefined;
}

const paths = new WeakMap<SecurePath, Parts>();

function receivers(keys: SrtpKeys, kept: Parts | undefined, profiled: Parts | undefined): Pick<Parts, "receiver" | "former"> {
  if (profiled && isSame(profiled.receive, keys.receive)) return { receiver: profiled.receiver, former: profiled.former };
  return { receiver: createSrtpReceiver(keys.profile, keys.receive), former: kept?.receiver };
}

function open(parts: Parts, datagram: Uint8Array): Uint8Array | undefined {
  const opened = openBy(parts.receiver, datagram);
  if (!opened) return parts.former && openBy(parts.former, datagram);
  parts.former = undefined;
  return opened;
}

const openBy = (receiver: SrtpReceiver, datagram: Uint8Array): Uint8Array | undefined =>
  isRtcp(datagram) ? receiver.openControl(datagram) : receiver.open(datagram);

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
