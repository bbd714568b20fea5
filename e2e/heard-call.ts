import { Action } from "piopiy";
import { expect } from "vitest";
import type { Baresip } from "./baresip.ts";
import { toneMs, type CallRecord } from "./records.ts";
import { PLAYED_MS, tones, type TestServer } from "./test-server.ts";

// How most calls are made here, and judged: the server plays a file, the other side says something, and both are heard.

const recorded = { action: "record", channels: "stereo" };

/** Whoever calls it is recorded, and hears `played.wav`. */
export const playingNumber = { number: "15550001", pcmo: [recorded, { action: "play", file_name: "played.wav" }] };

/** The same, for whoever is called. */
export const playingFlow = (): Action => new Action().record({ channels: "stereo" }).playMusic("played.wav");

/** So much of the file is heard at least: it begins while audio is still on its way, and what comes late is left out. */
export const HEARD_MS = PLAYED_MS - 250;

/** A softphone that says `tones.phone`. */
type Softphone = Pick<Baresip, "call" | "heard"> & { callEnded(): Promise<unknown> };
type Judge = Pick<TestServer, "records">;

/** What its recording must have. */
export interface Expected {
  /** What the party says, in Hz; `tones.phone` unless told. */
  readonly says?: number;
  /** How much of what it said may be missing besides, because it begins to speak later; 200 unless told. */
  readonly lateMs?: number;
  /** As `HEARD_MS` unless told. */
  readonly heardMs?: number;
}

/** Of who sends back what it hears. */
export const echoed: Expected = { says: tones.played };

/** The recording of a call has what the party heard, and what it said. */
export async function expectHeard({ records }: Judge, call: CallRecord, { says = tones.phone, lateMs = 200, heardMs = HEARD_MS }: Expected = {}): Promise<void> {
  const { said, heard } = await records.recording(call);
  expect(toneMs(heard, tones.played)).toBeGreaterThanOrEqual(heardMs);
  expect(toneMs(said, says)).toBeGreaterThanOrEqual(heardMs - lateMs);
}

/** A softphone calls `playingNumber`; both are heard. The only call that the server has. */
export async function callsAndIsHeard(server: Judge, phone: Softphone, expected: Expected = {}): Promise<CallRecord> {
  phone.call(playingNumber.number);
  return judged(server, phone, expected);
}

/** The server calls a softphone at its number, and plays; both are heard. The only call that the server has. */
export async function isCalledAndHeard(server: Pick<TestServer, "client" | "records">, phone: Softphone, number: string, expected: Expected = {}): Promise<CallRecord> {
  await server.client.voice.call(number, "15550100", playingFlow());
  return judged(server, phone, expected);
}

async function judged(server: Judge, phone: Softphone, expected: Expected): Promise<CallRecord> {
  await phone.callEnded();
  expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(expected.heardMs ?? HEARD_MS);
  const call = await server.records.single();
  await expectHeard(server, call, expected);
  return call;
}
