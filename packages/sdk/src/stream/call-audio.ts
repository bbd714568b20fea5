/** What the party says: frames of 20 ms of 16 bit samples, at the session's `sampleRate`. */
export interface CallAudio extends AsyncIterable<Int16Array> {
  /**
   * The frames from now on until the stream is over. Every loop gets all of them, from a queue of its own that holds 5 s:
   * a loop that is slower than that loses the oldest. Leaving the loop ends it.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Int16Array>;
  /** Milliseconds that loops were too slow for, all loops together. */
  readonly droppedMs: number;
}

/** `CallAudio`, from the side that fills it. */
export interface AudioFan {
  readonly audio: CallAudio;
  push(frame: Int16Array): void;
  /** Loops end when they have got what is queued. */
  end(): void;
}

const frameMs = 20;
const queueFrames = 250;

interface Loop {
  push(frame: Int16Array): void;
  end(): void;
}

export function audioFan(): AudioFan {
  const loops = new Set<Loop>();
  let over = false;
  let dropped = 0;
  return {
    audio: {
      [Symbol.asyncIterator]() {
        const { loop, iterator } = openLoop(() => void (dropped += 1), () => void loops.delete(loop));
        if (over) loop.end();
        else loops.add(loop);
        return iterator;
      },
      get droppedMs() {
        return dropped * frameMs;
      },
    },
    push(frame) {
      for (const loop of loops) loop.push(frame);
    },
    end() {
      over = true;
      for (const loop of loops) loop.end();
      loops.clear();
    },
  };
}

type Next = IteratorResult<Int16Array, undefined>;
const done: Next = { done: true, value: undefined };

function openLoop(onDrop: () => void, onLeave: () => void): { readonly loop: Loop; readonly iterator: AsyncIterableIterator<Int16Array> } {
  const queue: Int16Array[] = [];
  const waiting: ((next: Next) => void)[] = [];
  let over = false;
  const end = () => {
    over = true;
    for (const resolve of waiting.splice(0)) resolve(done);
  };
  const iterator: AsyncIterableIterator<Int16Array> = {
    [Symbol.asyncIterator]: () => iterator,
    next() {
      const value = queue.shift();
      if (value) return Promise.resolve({ done: false, value });
      return over ? Promise.resolve(done) : new Promise((resolve) => void waiting.push(resolve));
    },
    return() {
      queue.length = 0;
      onLeave();
      end();
      return Promise.resolve(done);
    },
  };
  const push = (frame: Int16Array) => {
    const next = waiting.shift();
    if (next) return next({ done: false, value: frame });
    queue.push(frame);
    if (queue.length > queueFrames) {
      queue.shift();
      onDrop();
    }
    return undefined;
  };
  return { loop: { push, end }, iterator };
}
