import { randomInt } from "node:crypto";
import { toneSamples } from "@piopiy/server";
import type { Place } from "../place.ts";
import { figure, percentile, type Figure } from "../statistics.ts";
import { botWords, pcmOf, type BotWords } from "./bot-words.ts";
import { openParties, type Party } from "./parties.ts";
import type { Protocol } from "./protocols.ts";
import { silenceAfter, type Silence } from "./recording.ts";

const RUNS = 3;
const CALLS = 50;
/** Interruptions of every call in a run. */
const TURNS = 4;
/** The bot hands over far more than it gets to say, as one that makes speech faster than it is spoken. */
const SAID = pcmOf(toneSamples({ frequencyHz: 440, durationMs: 4000 }));
/** It is interrupted anywhere in a second, after it has begun to be heard. */
const BEFORE_MS = 400;
const WITHIN_MS = 1000;
const AFTER_MS = 400;

/** All bots talk, and every one is interrupted again and again: from the bot's `break` or `clear` to the silence at the phone. */
export async function bargeIn(place: Place, protocol: Protocol): Promise<readonly Figure[]> {
  const parties = await openParties({ place, count: CALLS, protocol });
  const runs: Silence[][] = [];
  try {
    const talking = parties.all.map((party) => ({ ...party, words: botWords(protocol) }));
    for (let run = 0; run < RUNS; run++) runs.push((await Promise.all(talking.map(interrupted))).flat());
  } finally {
    await parties.close();
  }
  return bargeInFigures(protocol === "v1" ? "clear, v1" : "break", runs);
}

/** What of every interruption is left to be heard, by runs. */
export function bargeInFigures(what: string, runs: readonly (readonly Silence[])[]): readonly Figure[] {
  const at = (share: number, of: (silence: Silence) => number) => runs.map((run) => percentile(run.map(of), share));
  const [packet, silent] = [({ lastPacketMs }: Silence) => lastPacketMs, ({ silentMs }: Silence) => silentMs];
  return [
    figure(`${what}, ${CALLS} calls: to the last packet, p50`, "ms", at(0.5, packet)),
    figure(`${what}, ${CALLS} calls: to the last packet, p99`, "ms", at(0.99, packet), { is: "at most", value: 40 }),
    figure(`${what}, ${CALLS} calls: to silence in the recording, p99`, "ms", at(0.99, silent), { is: "at most", value: 40 }),
    figure(`${what}: interruptions in a run`, "", runs.map((run) => run.length), { is: "at least", value: CALLS * TURNS }),
  ];
}

async function interrupted({ bot, recording, words }: Party & { readonly words: BotWords }): Promise<readonly Silence[]> {
  const found: Silence[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    recording.forget();
    bot.send(words.say(SAID));
    await passed(BEFORE_MS + randomInt(WITHIN_MS));
    const fromMs = performance.now();
    bot.send(words.interrupt);
    await passed(AFTER_MS);
    const silence = silenceAfter(recording, fromMs);
    if (silence) found.push(silence);
  }
  return found;
}

const passed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
