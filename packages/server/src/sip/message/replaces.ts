import { param, parseParams } from "./params.ts";

/** What names a dialog, seen from one of its ends (RFC 3261 §12). */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** The value of a Replaces header (RFC 3891 §6.1), as whoever gets it sees the dialog. */
export interface Replaces extends DialogId {
  /** Only a dialog that is not confirmed yet may be replaced. */
  readonly earlyOnly: boolean;
}

/** Unescaped, it may come out of a URI: nothing in it may end a line or begin a parameter. */
const CALL_ID = /^[^\s;]+$/;
const TOKEN = /^[\w\-.!%*+`'~]+$/;

/** `undefined`: it is malformed; both tags must be there. */
export function parseReplaces(text: string): Replaces | undefined {
  const end = text.indexOf(";");
  const callId = text.slice(0, Math.max(0, end)).trim();
  const params = end < 0 ? undefined : parseParams(text, end);
  if (!params || !CALL_ID.test(callId)) return undefined;
  // RFC 3891 §3: "the to-tag and from-tag parameters" are compared with the local and the remote tag of whoever gets it.
  const localTag = param(params, "to-tag");
  const remoteTag = param(params, "from-tag");
  if (!TOKEN.test(localTag ?? "") || !TOKEN.test(remoteTag ?? "") || localTag === undefined || remoteTag === undefined) return undefined;
  return { callId, localTag, remoteTag, earlyOnly: param(params, "early-only") !== undefined };
}

/** The header as it was, for somebody else. */
export const passReplaces = ({ callId, localTag, remoteTag, earlyOnly }: Replaces): string =>
  `${callId};to-tag=${localTag};from-tag=${remoteTag}${earlyOnly ? ";early-only" : ""}`;

/** Names a dialog of ours to its other end. */
export const formatReplaces = ({ callId, localTag, remoteTag }: DialogId): string =>
  `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
