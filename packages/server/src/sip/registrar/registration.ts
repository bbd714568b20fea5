import { channels, type Clock, Emitter, type Ids, type Listenable, messageOf, randomIds, type Timer } from "../../base/index.ts";
import { parseCSeq } from "../message/cseq.ts";
import { header, headerValues, type SipResponse } from "../message/message.ts";
import { retryAfterMs } from "../message/retry-after.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { param } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import type { NextHop, SipAddress } from "../address.ts";
import type { Credentials, UserAgent } from "../user-agent-types.ts";
import { keepFlow } from "./keep-flow.ts";

export interface RegistrationOptions {
  /** The Request-URI: the registrar's domain, `sip:example.com`. */
  readonly registrarUri: string;
  /** The address of record: From and To. */
  readonly aor: string;
  readonly credentials?: Credentials;
  readonly expiresSeconds: number;
  readonly clock: Clock;
  readonly ids?: Ids;
  readonly nextHop?: NextHop;
  /** The id of this device, `urn:uuid:…`: it registers its flow (RFC 5626 §4.2). */
  readonly instance?: string;
}

export interface RegistrationEvents {
  /** The registrar knows us, for so long; at the first time and at every refresh. */
  registered: { readonly expiresSeconds: number };
  /** It does not; tried again after `retryMs`. */
  failed: { readonly response: SipResponse; readonly retryMs: number };
}

/** Keeps an address of record registered (RFC 3261 §10.2). */
export interface Registration {
  readonly events: Listenable<RegistrationEvents>;
  readonly registered: boolean;
  /** Takes the registration back. Idempotent; resolves when the registrar has answered or is not there. */
  close(): Promise<void>;
}

/** RFC 3261 §20.23: what a registrar may ask for. */
const LONGEST_SECONDS = 2 ** 32 - 1;

/** The first wait after a failure, doubled each time up to the longest. */
const BACKOFF_MS = { first: 2000, longest: 300_000 } as const;

/** Registers at once and again before the registration runs out, until it is closed. */
export function createRegistration(userAgent: UserAgent, options: RegistrationOptions): Registration {
  const { clock, ids = randomIds } = options;
  const events = new Emitter<RegistrationEvents>();
  let expiresSeconds = options.expiresSeconds;
  let registered = false;
  let failures = 0;
  let closing: Promise<void> | undefined;
  let timer: Timer | undefined;
  let running: Promise<void> = Promise.resolve();

  const flow = keepFlow(userAgent, clock, ids, () => {
    if (!registered || closing) return;
    registered = false;
    timer?.cancel();
    // RFC 5626 §4.5: a flow that has failed is replaced, by everybody who lost one not at the same time.
    again(backoffMs(0, ids));
  });
  const register = createRegister(userAgent, options, ids, (to) => flow.use(to));
  const again = (delayMs: number) => {
    if (!closing) timer = clock.setTimer(delayMs, () => start());
  };
  const start = () => {
    running = refresh().catch((failure: unknown) => channels.failure.publish({ layer: "sip", failure: messageOf(failure) }));
  };
  const refresh = async (told = false): Promise<void> => {
    const response = await register(expiresSeconds);
    if (response.status >= 200 && response.status < 300) {
      registered = true;
      failures = 0;
      const granted = grantedSeconds(response, userAgent, expiresSeconds);
      again(granted * 800); // at four fifths of it
      flow.keep(response);
      events.emit("registered", { expiresSeconds: granted });
      return;
    }
    const wanted = Number(header(response, "Min-Expires"));
    // RFC 3261 §10.2.8: 423 says how long it has to be. At once only the first time: whoever raises it again and again is
    // asked as seldom as others that fail.
    if (response.status === 423 && wanted > expiresSeconds && wanted <= LONGEST_SECONDS) {
      expiresSeconds = wanted;
      if (!told && !closing) return await refresh(true);
    }
    registered = false;
    const retryMs = retryAfterMs(response) ?? backoffMs(failures++, ids);
    again(retryMs);
    events.emit("failed", { response, retryMs });
  };
  start();
  return {
    events,
    get registered() {
      return registered;
    },
    close: () => (closing ??= (async () => {
      timer?.cancel();
      flow.close();
      await running;
      if (!registered) return;
      registered = false;
      await register(0);
    })()),
  };
}

/** Sends one REGISTER after the other. */
function createRegister(
  userAgent: UserAgent, options: RegistrationOptions, ids: Ids, onSent: (to: SipAddress) => void,
): (seconds: number) => Promise<SipResponse> {
  // RFC 3261 §10.2: all registrations at one registrar "SHOULD use the same Call-ID", with a CSeq that rises.
  const callId = ids.uuid();
  let cseq = 0;
  return async (seconds) => {
    const response = await userAgent.request("REGISTER", {
      target: options.registrarUri,
      from: options.aor,
      to: options.aor,
      headers: [
        ["Call-ID", callId], ["CSeq", `${cseq} REGISTER`], ["Expires", String(seconds)],
        ...(options.instance === undefined ? [] : [["Supported", "path, outbound"] as const]),
      ],
      ...(options.instance === undefined ? undefined : { contactParams: `;reg-id=1;+sip.instance="<${options.instance}>"` }),
      onSent,
      ...(options.nextHop ? { nextHop: options.nextHop } : undefined),
      ...(options.credentials ? { credentials: options.credentials } : undefined),
    });
    cseq = Math.max(cseq + 1, parseCSeq(header(response, "CSeq") ?? "")?.number ?? 0);
    return response;
  };
}

/** Half of it is random: phones that lost their registrar together do not come back together. */
function backoffMs(failures: number, ids: Ids): number {
  const whole = Math.min(BACKOFF_MS.first * 2 ** failures, BACKOFF_MS.longest);
  return whole / 2 + ids.integer(whole / 2);
}

/** What the registrar granted our contact: other phones of the user stand in the answer too. */
function grantedSeconds(response: SipResponse, { addresses }: UserAgent, asked: number): number {
  const contacts = headerValues(response, "Contact").flatMap((value) => parseNameAddr(value) ?? []);
  const ours = contacts.filter(({ uri }) => addresses.some(({ port }) => port === parseSipUri(uri)?.port));
  const granted = (ours.length > 0 ? ours : contacts).map(({ params }) => Number(param(params, "expires") ?? Number.NaN));
  const general = Number(header(response, "Expires") ?? asked);
  const least = Math.min(...granted.filter((seconds) => seconds > 0), ...(granted.some((seconds) => seconds > 0) ? [] : [general]));
  return Math.min(Math.max(1, least || asked), asked);
}
