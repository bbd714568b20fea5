import type { ExactBotMessageInput, ExactServerMessage } from "./index.ts";

const totals = { sent_ms: 1000, unsent_ms: 0, received_ms: 400.5, played_ms: 380, dropped_ms: 20.5 };

/** One of each message of the server. `start` is the first. */
export const serverSamples: readonly [ExactServerMessage, ...ExactServerMessage[]] = [
  {
    type: "start", seq: 1, version: 1, stream_id: "s", call_id: "c", leg_id: "l", app_id: "1234567", direction: "inbound",
    from: "919800000001", to: "918000000000", extra_params: null, parameters: { tenant: "42" }, listen_mode: "caller",
    format: { encoding: "pcm_s16le", sample_rate: 8000, channels: 1, frame_ms: 20 },
    limits: { queue_ms: 60_000, message_bytes: 2_097_152 }, resume: null,
  },
  {
    type: "start", seq: 9, version: 1, stream_id: "s", call_id: "c", leg_id: "l", app_id: "1234567", direction: "outbound",
    from: "alice", to: "918000000000", extra_params: '{"order":7}', parameters: {}, listen_mode: "both",
    format: { encoding: "pcm_s16le", sample_rate: 16_000, channels: 1, frame_ms: 20 },
    limits: { queue_ms: 60_000, message_bytes: 2_097_152 }, resume: { token: "t", resumed: true, replayed_ms: 400, missed_ms: 0 },
  },
  { type: "dtmf", seq: 2, digit: "#" },
  { type: "mark", seq: 3, name: "greeting" },
  { type: "played", seq: 4, utterance: 4294967295, heard_ms: 380, complete: false, skipped_ms: 0, underrun_ms: 40, dropped_ms: 20.5 },
  { type: "cleared", seq: 5, utterances: [{ utterance: 1, heard_ms: 60 }], marks: ["greeting"] },
  { type: "cleared", seq: 5, utterances: [], marks: [] },
  { type: "underrun", seq: 6, utterance: 1, count: 2, missed_ms: 40 },
  { type: "credit", seq: 7, queued_ms: 1000, free_ms: 59_000 },
  { type: "overflow", seq: 8, utterance: 1 },
  { type: "warning", seq: 9, issues: [{ path: "/type", message: "is missing" }] },
  { type: "stop", seq: 10, reason: "call_ended", totals },
];

/** One of each message of the bot, and the spellings a schema may stumble over. */
export const botSamples: readonly ExactBotMessageInput[] = [
  { type: "audio", utterance: 1, audio: "AAEC" },
  { type: "audio", utterance: 1, audio: "", encoding: "pcm", sample_rate: 16_000, last: true, live: false },
  { type: "end", utterance: 1 },
  { type: "mark", name: "greeting" },
  { type: "clear" },
  { type: "clear", utterance: 1 },
  { type: "pause", what: "listening" },
  { type: "resume" },
  { type: "dtmf", digits: "1#" },
  { type: "flow", flow: [{ action: "stream", ws_url: "ws://h", on_stream_fail: [{ action: "bridge", connect: [{ type: "pstn", number: 1000 }] }] }] },
  { type: "hangup", reason: "busy" },
  { type: "transfer", to: 919800000001, timeout: "20" },
  { type: "transfer", to: "sip:a@example.com", from: "+91 80000 00000" },
  { type: "transfer", to: { type: "sip", user: "bob" } },
  { type: "stop" },
];
