import { SAMPLE_RATE_HZ, sourceOf } from "../audio/index.ts";
import { channels, scope, sleep, type Clock, type Scope } from "../base/index.ts";
import { builtInHoldMusic, type Leg } from "../call/index.ts";
import type { Company } from "./company.ts";

/** What the party hears while it waits for a bot that is away. */
export interface HoldSound {
  /** Begins after a second, unless `stop` comes first: most are back by then. Starting it twice is the same as once. */
  start(): void;
  /** Silent at once. */
  stop(): void;
}

interface HoldSoundParts {
  readonly leg: Leg;
  readonly company: Company;
  readonly clock: Clock;
  /** In place of the built-in one. */
  readonly music: Int16Array | undefined;
  readonly signal: AbortSignal;
}

const AFTER_MS = 1000;
/** Played in short pieces, two at a time, because playbacks queue: what a flow plays shall not wait until the bot is back. */
const PIECE_SAMPLES = (SAMPLE_RATE_HZ * 3) / 10;
const AHEAD = 2;

/** The hold music, for a party that nobody else talks with. */
export function holdSoundOn({ leg, company, clock, music = builtInHoldMusic(), signal }: HoldSoundParts): HoldSound {
  const failed = (failure: unknown) => channels.failure.publish({ layer: "interpreter", failure });
  let waiting: Scope | undefined;
  const wait = async (away: AbortSignal) => {
    await sleep(clock, AFTER_MS, away);
    let alone: Scope | undefined;
    const tune = () => {
      alone?.close();
      alone = company.other ? undefined : scope(away, failed);
      alone?.run((own) => playOn(leg, music, own));
    };
    const untune = company.onChange(tune);
    if (away.aborted) return untune();
    away.addEventListener("abort", untune, { once: true });
    return tune();
  };
  return {
    start() {
      if (waiting) return;
      waiting = scope(signal, failed);
      waiting.run(wait);
    },
    stop() {
      waiting?.close();
      waiting = undefined;
    },
  };
}

/** Plays the music over and over, until `signal` aborts or the leg plays nothing any more. */
async function playOn(leg: Leg, music: Int16Array, signal: AbortSignal): Promise<void> {
  const queued: ReturnType<Leg["play"]>[] = [];
  for (const piece of piecesOf(music)) {
    const playing = leg.play(sourceOf(piece, "tone"), signal);
    // Whoever waits for it hears of its failure; the one behind it fails for the same reason.
    playing.catch(() => undefined);
    queued.push(playing);
    if (queued.length < AHEAD) continue;
    const first = await queued.shift();
    if (!first?.complete) return;
  }
}

function* piecesOf(music: Int16Array): Generator<Int16Array> {
  while (music.length > 0) {
    for (let at = 0; at < music.length; at += PIECE_SAMPLES) yield music.subarray(at, at + PIECE_SAMPLES);
  }
}
