/** What the API says in one item, as it comes: an iterable of samples, to be played. */
export interface Reply extends AsyncIterable<Int16Array> {
  readonly itemId: string;
  push(samples: Int16Array): void;
  /** Nothing more comes. */
  end(): void;
}

/** An API speaks faster than it is heard; of one item so much may wait here, and what is beyond that is left out. */
const longestSamples = 10 * 60 * 8000;

export function createReply(itemId: string): Reply {
  const queue: Int16Array[] = [];
  let waiting = 0;
  let over = false;
  let wake: () => void = () => undefined;
  return {
    itemId,
    push(samples) {
      if (over || waiting + samples.length > longestSamples) return;
      waiting += samples.length;
      queue.push(samples);
      wake();
    },
    end() {
      over = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const next = queue.shift();
          if (next) {
            waiting -= next.length;
            yield next;
          } else if (over) return;
          else await new Promise<void>((resolve) => void (wake = resolve));
        }
      } finally {
        over = true; // it was cut off: nothing more of it is wanted
        queue.length = 0;
      }
    },
  };
}
