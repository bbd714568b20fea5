import { FRAME_MS, SAMPLE_RATE_HZ, type Live } from "../../audio/index.ts";
import { channels } from "../../base/index.ts";
import type { StreamLine } from "../../interpreter/index.ts";
import { createPcmIn, type PcmIn } from "./pcm-in.ts";
import { Spurt } from "./spurt.ts";
import type { Turn, TurnMark } from "./voice-telling.ts";

type Feed = ReturnType<StreamLine["feed"]>;

export interface UtteranceOptions {
  readonly feed: StreamLine["feed"];
  readonly turn: Turn;
  readonly live?: Live;
  /** As far is it handed to the media plane ahead of being heard. */
  readonly aheadSamples: number;
  /** Some of it was used up. */
  readonly used: () => void;
}

interface Mark {
  readonly name: string;
  /** Within its audio; absent: behind it. */
  readonly number?: number;
  /** Set after it was thrown away, and no part of that. */
  readonly late?: boolean;
}

export const msOf = (samples: number): number => Math.round((samples * 1000) / SAMPLE_RATE_HZ);

/** What the bot says in one go: a feed of its own, and what is told of it. */
export class Utterance {
  readonly turn: Turn;
  /** Makes samples of what it consists of. */
  readonly input: PcmIn;
  /** Resolves with what left as RTP once it is over and its turn has been told so; never rejects. */
  readonly heardMs: Promise<number>;
  readonly #feed: Feed;
  readonly #spurt: Spurt;
  readonly #marks: Mark[] = [];
  #marked = 0;
  #underruns = 0;
  #dropped = 0;
  #lost = false;
  #state: "open" | "ended" | "abandoned" | "cleared" | "cut" | "over" = "open";

  constructor({ feed, turn, live, aheadSamples, used }: UtteranceOptions) {
    this.turn = turn;
    this.input = createPcmIn(live !== undefined);
    this.#feed = feed({
      ...(live && { live }),
      hooks: {
        used: (samples) => {
          this.#spurt.used(samples);
          used();
        },
        marked: (number) => this.#reached(number),
        underrun: (frames) => {
          this.#underruns += 1;
          turn.tell({ type: "underrun", utterance: turn.utterance, missedMs: frames * FRAME_MS, count: this.#underruns });
        },
      },
    });
    this.#spurt = new Spurt(this.#feed, aheadSamples);
    this.heardMs = this.#hear();
  }

  /** It waits to be heard or is being heard. */
  get pending(): boolean {
    return this.#state === "open" || this.#state === "ended" || this.#state === "abandoned";
  }

  get over(): boolean {
    return this.#state === "over";
  }

  /** Samples that wait to be heard. */
  get queued(): number {
    return this.pending ? this.#spurt.queued : 0;
  }

  get marks(): number {
    return this.#marks.length;
  }

  add(samples: Int16Array): void {
    this.#spurt.push(samples);
  }

  /** There was no room for that many of its samples. */
  refuse(samples: number): void {
    this.#dropped += samples;
  }

  /** Throws away the oldest of what is not handed over, so many samples at most; returns how many it were. */
  drop(samples: number): number {
    const dropped = this.#spurt.drop(samples);
    this.#dropped += dropped;
    return dropped;
  }

  /** Some of it was thrown away before it came here: what is marked behind that is not reached. */
  lose(): void {
    this.#lost = true;
  }

  mark(name: string): void {
    if (this.#state !== "open" || this.#lost) {
      this.#marks.push({ name, late: this.#state === "cleared" });
      return;
    }
    this.#marked += 1;
    this.#marks.push({ name, number: this.#marked });
    this.#spurt.mark(this.#marked);
  }

  pause(on: boolean): void {
    this.#feed.pause(on);
  }

  /** Nothing more comes; `abandoned`: nobody has said so. */
  end(how: "ended" | "abandoned"): void {
    if (this.#state !== "open") return;
    this.#state = how;
    this.#spurt.push(this.input.flush());
    this.#spurt.end();
  }

  /** Throws away what has not been heard: `cleared` by the bot, or `cut` off by the end of the call. */
  flush(how: "cleared" | "cut"): void {
    if (!this.pending) return;
    this.#state = how;
    this.#feed.flush();
  }

  #reached(number: number): void {
    const index = this.#marks.findIndex((mark) => mark.number === number);
    for (const { name } of index < 0 ? [] : this.#marks.splice(index, 1)) this.turn.tell({ type: "mark", name, reached: true });
  }

  async #hear(): Promise<number> {
    const nothing = { complete: false, heardMs: 0, skippedMs: 0, underrunMs: 0 };
    const { complete, ...heard } = await this.#feed.result.catch((failure: unknown) => {
      // The media plane is gone, and the call with it.
      channels.failure.publish({ layer: "adapters", failure });
      return nothing;
    });
    const whole = complete && this.#state !== "abandoned";
    const cut = !complete && this.#state !== "cleared";
    this.#state = "over";
    const marks: readonly TurnMark[] = this.#marks.map(({ name, late = false }) => ({ name, reached: complete || late, late }));
    this.turn.over({ ...heard, complete: whole, droppedMs: msOf(this.#dropped) }, marks, cut);
    return heard.heardMs;
  }
}
