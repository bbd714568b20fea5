import { parseFlow, parseMakeCall, type Action } from "@piopiy/pcmo";
import { afterEach } from "vitest";
import { seededIds, VirtualClock } from "../base/index.ts";
import {
  simAudio, simCallbacks, simDialler, simRecordings, simStreams, type SimDestinations, type SimLeg, type SimPost, type SimRecording, type SimReplies,
} from "../simulator/index.ts";
import { findCall, openStore, readDeliveries, readEvents, readLegs, readRecordings, readTimeline, type Store } from "../store/index.ts";
import { createControl, type ControlOptions, type PlaceCall } from "./index.ts";

// What the tests of this layer share: calls of simulated legs, on a clock of their own and a database in memory.

export const FROM = "918000000001";
export const TO = "919000000001";
export const OTHER = "919000000002";
export const EVENTS = "http://hooks.example/events";
export const CDRS = "http://hooks.example/cdr";
export const ANSWER = "http://hooks.example/answer?token=t";

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

export interface Setup extends Partial<ControlOptions> {
  readonly clock?: VirtualClock;
  readonly destinations?: SimDestinations;
  readonly replies?: SimReplies;
}

export async function setup({ destinations = {}, replies = {}, clock = new VirtualClock(), ...options }: Setup = {}) {
  const ids = seededIds(7);
  const store = options.store ?? (await openStore({ file: ":memory:", clock }));
  if (!options.store) stores.push(store);
  const legs: SimLeg[] = [];
  const posts: SimPost[] = [];
  const recorded: SimRecording[] = [];
  const control = createControl({
    ids,
    dialler: simDialler(clock, destinations, legs),
    audio: simAudio({}),
    callbacks: simCallbacks(clock, { [EVENTS]: [{}], [CDRS]: [{}], ...replies }, posts),
    recordings: simRecordings(clock, ids, recorded),
    streams: simStreams(clock, {}),
    recordingFile: (id) => `${id}.wav`,
    apps: [{ appid: "1000", event_url: EVENTS, cdr_url: CDRS }],
    numbers: [],
    phones: [],
    ...options,
    clock, store,
  });
  /** Everything that is written down about a call. */
  const read = async (id: string) => {
    await store.flush();
    const call = await findCall(store.db, "1000", id);
    return {
      call,
      legs: call ? await readLegs(store.db, call.id) : [],
      timeline: call ? await readTimeline(store.db, call.id) : [],
      recordings: call ? await readRecordings(store.db, call.id) : [],
      events: call ? await readEvents(store.db, call.id) : [],
      deliveries: call ? await readDeliveries(store.db, call.id) : [],
    };
  };
  const sent = (url: string) => posts.filter((post) => post.url === url).map((post): Readonly<Record<string, unknown>> => Object(post.body));
  return { clock, ids, store, legs, posts, recorded, control, read, sent };
}

export function placing(pcmo: unknown, more: Readonly<Record<string, unknown>> = {}): PlaceCall {
  const parsed = parseMakeCall({ appid: 1000, secret: "s", from: FROM, to: TO, pcmo, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { secret: _, ...request } = parsed.value;
  return { request, warnings: parsed.warnings };
}

export function flowOf(pcmo: unknown): readonly Action[] {
  const parsed = parseFlow(pcmo);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

export const speak = [{ action: "speak", text: "Hello there" }];
export const answers: SimDestinations = { [TO]: [{ does: "answer" }] };
