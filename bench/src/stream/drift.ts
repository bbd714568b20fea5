import { toneSamples } from "@piopiy/server";
import type { Place } from "../place.ts";
import { figure, type Figure } from "../statistics.ts";
import { botWords, pcmOf } from "./bot-words.ts";
import { course, delaysOf, type Course } from "./drift-figures.ts";
import { openParties, type Party } from "./parties.ts";
import { onsets } from "./recording.ts";
import { FRAME_MS, virtualFeed } from "./virtual-feed.ts";

const HOUR_MS = 3_600_000;
const SECOND_FRAMES = 50;
/** When the bot begins, after the media plane's own clock. */
const BEGINNINGS = [0, 7, 14];
const SKEWS = [["fast", 0.99], ["slow", 1.01]] as const;

/** An hour in the media plane, on a clock that does not wait: what a bot says whose clock is not ours, from coming to leaving. */
export async function drift(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, skew] of SKEWS) {
    const courses: Course[] = [];
    for (const beginMs of BEGINNINGS) courses.push(await hour(skew, beginMs));
    figures.push(...driftFigures(`Bot 1 % too ${name}, an hour`, courses));
  }
  return figures;
}

async function hour(skew: number, beginMs: number): Promise<Course> {
  const comesMs = (frame: number) => beginMs + frame * FRAME_MS * skew;
  return course(await virtualFeed({ madeMs: comesMs, comesMs, durationMs: HOUR_MS }));
}

const RUNS = 3;
const LIVE_MS = 60_000;
const BEEP_FRAMES = 3;
const BEEP = pcmOf(toneSamples({ frequencyHz: 440, durationMs: FRAME_MS }));
const PAUSE = new Uint8Array(BEEP.length);

/** A minute over the whole server: bots that beep once a second, by a clock that is not ours, and phones that hear them. */
export async function liveDrift(place: Place): Promise<readonly Figure[]> {
  const parties = await openParties({ place, count: SKEWS.length * RUNS, protocol: "compatible" });
  try {
    const courses = await Promise.all(parties.all.map((party, index) => minute(party, SKEWS[index % SKEWS.length]?.[1] ?? 1)));
    const ofSkew = (skew: number) => courses.filter((_, index) => index % SKEWS.length === skew);
    return SKEWS.flatMap(([name], skew) => driftFigures(`Bot 1 % too ${name}, a minute, live`, ofSkew(skew)));
  } finally {
    await parties.close();
  }
}

function minute({ bot, recording }: Party, skew: number): Promise<Course> {
  const words = botWords("compatible", true);
  const startMs = performance.now();
  const sentMs: number[] = [];
  let sent = 0;
  return new Promise((resolve) => {
    const send = () => {
      const nowMs = performance.now();
      if (nowMs - startMs > LIVE_MS) return resolve(course(delaysOf(sentMs, onsets(recording, SECOND_FRAMES / 5))));
      const place = sent % SECOND_FRAMES;
      if (place === 0) sentMs.push(nowMs);
      bot.send(words.say(place < BEEP_FRAMES ? BEEP : PAUSE));
      sent += 1;
      setTimeout(send, startMs + sent * FRAME_MS * skew - performance.now());
      return undefined;
    };
    send();
  });
}

function driftFigures(what: string, courses: readonly Course[]): readonly Figure[] {
  return [
    figure(`${what}: delay at the start`, "ms", courses.map(({ startMs }) => startMs)),
    figure(`${what}: the longest delay`, "ms", courses.map(({ worstMs }) => worstMs)),
    figure(`${what}: delay at the end`, "ms", courses.map(({ endMs }) => endMs)),
    figure(`${what}: away from the start`, "ms", courses.map(({ startMs, endMs }) => Math.abs(endMs - startMs)), { is: "at most", value: 40 }),
  ];
}
