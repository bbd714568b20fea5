import { formatParams, param, type Params, parseParams } from "./params.ts";
import { bareHost, HOST, hostPort } from "./uri.ts";

/** One Via value (RFC 3261 §20.42): `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport`. */
export interface Via {
  /** In upper case: `UDP`, `TCP`, … */
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

const VIA = new RegExp(
  `^[ \\t]*SIP[ \\t]*/[ \\t]*2\\.0[ \\t]*/[ \\t]*([\\w\\-.!%*+\`'~]+)[ \\t]+(${HOST})(?:[ \\t]*:[ \\t]*(\\d{1,5}))?[ \\t]*(?=;|$)`,
  "i",
);

/** The parts of one Via value; `undefined` when it is malformed. */
export function parseVia(text: string): Via | undefined {
  const found = VIA.exec(text);
  const params = found && parseParams(text, found[0].length);
  if (!found || !params) return undefined;
  const port = found[3] === undefined ? undefined : Number(found[3]);
  if (port !== undefined && port > 65535) return undefined;
  const transport = (found[1] ?? "").toUpperCase();
  const host = bareHost(found[2] ?? "");
  return port === undefined ? { transport, host, params } : { transport, host, port, params };
}

/** The value as it goes on the wire. */
export const formatVia = (via: Via): string =>
  `SIP/2.0/${via.transport} ${hostPort(via.host, via.port)}${formatParams(via.params)}`;

/** RFC 3261 §8.1.1.7: a branch that begins so, and goes on, is unique across space and time. */
export const BRANCH_COOKIE = "z9hG4bK";

/** The branch of an RFC 3261 element; `undefined` for the branch of an older one, which proves nothing. */
export function uniqueBranch(via: Via): string | undefined {
  const branch = param(via.params, "branch");
  const cookie = branch?.slice(0, BRANCH_COOKIE.length).toLowerCase() === BRANCH_COOKIE.toLowerCase();
  return branch !== undefined && cookie && branch.length > BRANCH_COOKIE.length ? branch : undefined;
}
