/** What this package does where it does not do what a vector of the official SDKs records. */
export interface Deviation {
  /** The ruling that orders it; "authority" is the order of authority: the seed, then Python, then Node. */
  readonly ruling: number | "authority";
  readonly reason: string;
  /** What we do: the actions built, the request sent (`url` and the keys of its body that differ), or an error. */
  readonly instead:
    | { readonly pcmo: readonly unknown[] }
    | { readonly request: { readonly url?: string; readonly body?: Readonly<Record<string, unknown>> } }
    | { readonly error: "validation" | "absent" };
}

const india = "https://rest.telecmi.com/v2/ind_pcmo_make_call";
const worldwide = "https://rest.telecmi.com/v2/global_pcmo_make_call";
const act = "https://piopiy.telecmi.com/v1/call/action";
const credentials = { appid: 1234567, secret: "secret-x" };
const cmiuuid = "00c6a018-a912-4f1a-a0a0-e522c1851f07";

const pstn = (number: number) => ({ type: "pstn", number });
const bridge = (from: number, connect: readonly unknown[], rest: object = {}) => ({
  action: "bridge", from, connect, duration: 5400, timeout: 40, loop: 1, ...rest,
});
const basic = {
  ...credentials, extra_params: {}, from: 918000000000, duration: 5400,
  pcmo: [bridge(918000000000, [pstn(918000000001)])], to: 919400000001,
};
const recordedBridge = bridge(918000000000, [pstn(918000000001)], { duration: 30, record: true });

const fromFirst = "Of two numbers the first is the caller id, as the seed documents; the official SDKs have it second.";
const text = "Numbers may be text.";
const recordSent = "`record` is sent on the bridge and at the top level; the official SDKs drop it.";
const optionsSent = "Options beside a PCMO are sent at the top level; the official SDKs drop them.";
const byDestination = "The destination chooses the endpoint, not the caller id.";
const pythonDefaults = "The defaults are Python's.";
const pythonChecks = "What Python accepts and Node refuses is accepted.";
const seedOnly = "The seed's API has no such method.";

export const deviations: Readonly<Record<string, Deviation>> = {
  "py-call-noopt": { ruling: 3, reason: fromFirst, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "py-call-seed-order": {
    ruling: 3, reason: "The order of the seed works, and `record` is sent (ruling 6).",
    instead: { pcmo: [bridge(9198000000, [pstn(9180000000), pstn(9180000001)], { duration: 10, timeout: 20, loop: 2, record: true })] },
  },
  "py-call-strto": { ruling: 2, reason: `${text} ${fromFirst}`, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "py-call-strfrom": { ruling: 2, reason: `${text} ${fromFirst}`, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "py-input-seed": {
    ruling: 7, reason: "`min_digit` is sent.",
    instead: { pcmo: [{ action: "input", action_url: "https://example.com/action", max_digit: 4, timeout: 20, min_digit: 2 }] },
  },
  "py-stream-extra": { ruling: 5, reason: "An unknown option is an error, not dropped.", instead: { error: "validation" } },
  "py-s-call": { ruling: 3, reason: fromFirst, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)], { duration: 30 })] } },
  "py-rest-basic": { ruling: 6, reason: recordSent, instead: { request: { body: { pcmo: [recordedBridge], record: true } } } },
  "py-rest-pcmo": { ruling: 5, reason: optionsSent, instead: { request: { body: { timeout: 40, loop: 1, record: true } } } },
  "py-rest-ind-mobile-callerid": { ruling: 10, reason: byDestination, instead: { request: { url: worldwide } } },
  "py-rest-landline-callerid": { ruling: 10, reason: byDestination, instead: { request: { url: india } } },
  "py-rest-us-callerid": { ruling: 10, reason: byDestination, instead: { request: { url: india } } },
  "py-rest-seed-stream": {
    ruling: 5, reason: `${optionsSent} ${byDestination}`,
    instead: { request: { url: india, body: { timeout: 40, loop: 2, ring_type: "group" } } },
  },
  "py-rest-seed-5args": {
    ruling: 4, reason: "The five-argument form of the seed works; this PCMO ends in a hangup, so no bridge follows.",
    instead: {
      request: {
        url: india,
        body: { ...credentials, extra_params: {}, from: 9180, duration: 30, pcmo: [{ action: "hangup" }], to: 9194, timeout: 40, loop: 1, record: true },
      },
    },
  },
  "py-rest-emptylist": { ruling: 4, reason: "An empty list is neither numbers nor a PCMO.", instead: { error: "validation" } },
  "py-ctor-strappid": { ruling: 2, reason: "The app id may be text.", instead: { request: { url: india, body: basic } } },
  "js-play-query": {
    ruling: "authority", reason: pythonChecks,
    instead: { pcmo: [{ action: "play", file_url: "https://example.com/a.wav?sig=1" }] },
  },
  "js-pgi-url": {
    ruling: "authority", reason: "A URL stands under file_name and file_url, as in Python.",
    instead: {
      pcmo: [{
        action: "play_get_input", action_url: "https://example.com/webhook/dtmf", file_name: "https://example.com/your_audio_file.wav",
        file_url: "https://example.com/your_audio_file.wav", max_digit: 3, max_retry: 2, timeout: 5,
      }],
    },
  },
  "js-pgi-emptyopt": {
    ruling: 8, reason: pythonDefaults,
    instead: {
      pcmo: [{ action: "play_get_input", action_url: "https://example.com/webhook/dtmf", file_name: "menu.wav", max_digit: 1, max_retry: 3, timeout: 5 }],
    },
  },
  "js-pgi-typo": {
    ruling: 7, reason: "`max_digits` is understood.",
    instead: {
      pcmo: [{ action: "play_get_input", action_url: "https://example.com/webhook/dtmf", file_name: "menu.wav", max_digit: 3, max_retry: 2, timeout: 5 }],
    },
  },
  "js-input": {
    ruling: 7, reason: "`min_digit` is sent.",
    instead: { pcmo: [{ action: "input", action_url: "https://example.com/action", max_digit: 4, timeout: 20, min_digit: 2 }] },
  },
  "js-input-zero": { ruling: 5, reason: "A zero is not silently replaced by the default; it is out of range.", instead: { error: "validation" } },
  "js-call-noopt": { ruling: 3, reason: `${fromFirst} ${pythonDefaults}`, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "js-call-emptyopt": { ruling: 3, reason: fromFirst, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "js-call-list": {
    ruling: 6, reason: recordSent,
    instead: { pcmo: [bridge(918000000000, [pstn(919800000001), pstn(919600000001)], { duration: 10, timeout: 20, loop: 2, record: true })] },
  },
  "js-call-strto": { ruling: 2, reason: `${text} ${fromFirst}`, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)])] } },
  "js-forward-str": {
    ruling: 2, reason: "Whom to dial may be text.",
    instead: { pcmo: [{ action: "connect", from: 918000000000, connect: [{ type: "sip", user: "alice" }] }] },
  },
  "js-stream-emptyopt": {
    ruling: 8, reason: pythonDefaults,
    instead: { pcmo: [{ action: "stream", ws_url: "wss://telecmi.com/stream", listen_mode: "caller", voice_quality: "8000", stream_on_answer: false }] },
  },
  "js-stream-query-nopath": {
    ruling: "authority", reason: pythonChecks,
    instead: { pcmo: [{ action: "stream", ws_url: "wss://telecmi.com?x=1", listen_mode: "caller", voice_quality: "8000", stream_on_answer: false }] },
  },
  "js-s-call": { ruling: 3, reason: fromFirst, instead: { pcmo: [bridge(919800000001, [pstn(918000000000)], { duration: 30 })] } },
  "js-s-clear": { ruling: 13, reason: "Every builder has `clear()`, as in Python.", instead: { pcmo: [] } },
  "js-rest-basic": { ruling: 6, reason: recordSent, instead: { request: { body: { pcmo: [recordedBridge], record: true } } } },
  "js-rest-list": { ruling: 8, reason: pythonDefaults, instead: { request: { body: { duration: 5400 } } } },
  "js-rest-pcmo": { ruling: 5, reason: optionsSent, instead: { request: { body: { timeout: 40, loop: 1, record: true } } } },
  "js-rest-us-dest": { ruling: 8, reason: pythonDefaults, instead: { request: { body: { duration: 5400 } } } },
  "js-rest-in-dest": { ruling: 8, reason: pythonDefaults, instead: { request: { body: { duration: 5400 } } } },
  "js-rest-strto": {
    ruling: 2, reason: text,
    instead: { request: { url: india, body: { ...basic, duration: 30, pcmo: [recordedBridge], record: true } } },
  },
  "js-rest-strto-pcmo": {
    ruling: 2, reason: `${text} ${optionsSent}`,
    instead: { request: { url: india, body: { ...basic, duration: 30, pcmo: [{ action: "hangup" }], timeout: 40, loop: 1, record: true } } },
  },
  "js-rest-emptylist": { ruling: 4, reason: "An empty list is neither numbers nor a PCMO.", instead: { error: "validation" } },
  "js-rest-create": { ruling: "authority", reason: seedOnly, instead: { error: "absent" } },
  "js-rest-hold": {
    ruling: 14, reason: "The key is `cmiuuid`, and the path Python's.",
    instead: { request: { url: act, body: { cmiuuid, cmiuid: undefined } } },
  },
  "js-rest-toggle": {
    ruling: 14, reason: "The key is `cmiuuid`, and the path Python's.",
    instead: { request: { url: act, body: { cmiuuid, cmiuid: undefined } } },
  },
  "js-rest-hangup": { ruling: 14, reason: "It works.", instead: { request: { url: act, body: { ...credentials, action: "hangup", cmiuuid } } } },
  "js-ctor-strappid": { ruling: 2, reason: "The app id may be text.", instead: { request: { url: india, body: basic } } },
  "js-hangup-helper": {
    ruling: 14, reason: "The key is `cmiuuid`, and the path Python's.",
    instead: { request: { url: act, body: { cmiuuid, cmiuid: undefined } } },
  },
  "py07-play-name": { ruling: "authority", reason: seedOnly, instead: { error: "absent" } },
  "py07-play-url": { ruling: "authority", reason: seedOnly, instead: { error: "absent" } },
  "py07-forward": {
    ruling: "authority", reason: "`forward` is Node's: it connects registered phones. Python 0.x used the name for `call`.",
    instead: {
      pcmo: [{
        action: "connect", from: 4471316044, connect: [{ type: "sip", user: "98943" }, { type: "sip", user: "9677697" }],
        duration: 300, timeout: 20, loop: 5, record: false, ring_type: "group",
      }],
    },
  },
};
