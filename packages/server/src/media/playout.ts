import { FRAME_SAMPLES, type AudioSource } from "../audio/index.ts";
import type { MediaCounters } from "./statistics.ts";

export interface PlayoutHooks {
  /** Samples were used up: as many more may be handed over. */
  readonly used: (playback: number, samples: number) => void;
  readonly playing: (kind: AudioSource["kind"]) => void;
  readonly played: (playback: number, complete: boolean, heardMs: number) => void;
}

/** The queue of what is to be played, one playback behind the other without a gap. */
export interface Playout {
  add(playback: number, kind: AudioSource["kind"]): void;
  append(playback: number, samples: Int16Array): void;
  /** Nothing more comes for this playback. */
  end(playback: number): void;
  /** Throws away what is left of a playback. */
  flush(playback: number): void;
  /** Throws away everything. */
  clear(): void;
  /** Takes the next frame, rest filled with silence. False: nothing is played in this frame. */
  read(into: Int16Array): boolean;
  /** The frame that was read has left as RTP. */
  sent(): void;
}

/** Used samples are told in portions of half a second, a quarter of what may be read ahead. */
const TELL_USED_SAMPLES = 4000;

interface Playback {
  readonly id: number;
  readonly kind: AudioSource["kind"];
  readonly chunks: Int16Array[];
  /** Where reading has got to in the first chunk. */
  offset: number;
  buffered: number;
  untold: number;
  /** In the frame that was read and has not left yet. */
  leaving: number;
  heard: number;
  ended: boolean;
}

export function createPlayout(counters: MediaCounters, hooks: PlayoutHooks): Playout {
  const queue: Playback[] = [];
  const find = (id: number) => queue.find((playback) => playback.id === id);
  const heardMs = (playback: Playback) => Math.round(playback.heard / 8);

  const remove = (playback: Playback, complete: boolean) => {
    queue.splice(queue.indexOf(playback), 1);
    hooks.played(playback.id, complete, heardMs(playback));
  };

  /** Reads on from `head` into the frame; returns where the frame is filled to. */
  const take = (head: Playback, into: Int16Array, from: number): number => {
    let at = from;
    for (let chunk = head.chunks[0]; chunk && at < FRAME_SAMPLES; chunk = head.chunks[0]) {
      const end = Math.min(chunk.length, head.offset + FRAME_SAMPLES - at);
      for (let index = head.offset; index < end; index++) into[at++] = chunk[index] ?? 0;
      head.offset = end;
      if (end < chunk.length) continue;
      head.chunks.shift();
      head.offset = 0;
    }
    head.leaving += at - from;
    head.buffered -= at - from;
    head.untold += at - from;
    if (!head.ended && (head.untold >= TELL_USED_SAMPLES || head.buffered === 0)) {
      hooks.used(head.id, head.untold);
      head.untold = 0;
    }
    return at;
  };

  return {
    add(id, kind) {
      queue.push({ id, kind, chunks: [], offset: 0, buffered: 0, untold: 0, leaving: 0, heard: 0, ended: false });
    },
    append(id, samples) {
      const playback = find(id);
      if (!playback || samples.length === 0) return;
      playback.chunks.push(samples);
      playback.buffered += samples.length;
    },
    end(id) {
      const playback = find(id);
      if (playback) playback.ended = true;
    },
    flush(id) {
      const playback = find(id);
      if (playback) remove(playback, false);
    },
    clear() {
      for (const playback of [...queue]) remove(playback, false);
    },

    read(into) {
      let at = 0;
      for (const head of queue) {
        const ready = head.ended || head.buffered >= FRAME_SAMPLES - at;
        if (!ready && head.heard + head.leaving > 0) counters.underruns += 1;
        // A part of a frame is held back until its rest is there: one gap instead of many.
        if (ready) at = take(head, into, at);
        if (!head.ended || head.buffered > 0 || at === FRAME_SAMPLES) break;
      }
      into.fill(0, at);
      return at > 0 || queue[0]?.ended === true;
    },

    sent() {
      // What has ended is always at the front; the loop stops at the first one that goes on.
      for (let head = queue[0]; head; head = queue[0]) {
        const first = head.heard === 0 && head.leaving > 0;
        head.heard += head.leaving;
        head.leaving = 0;
        if (first) hooks.playing(head.kind);
        if (!head.ended || head.buffered > 0) break;
        remove(head, true);
      }
    },
  };
}
