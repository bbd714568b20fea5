import { readPacked, SamplePacker, type RecordReader } from "./packed-samples.ts";

/** One message between the threads: what is to be done or has happened, in its order. */
export interface Batch<Item> {
  /** A number stands for the records of `packed` up to there, from where the one before it ended. */
  readonly items: readonly (Item | number)[];
  readonly packed: ArrayBuffer | undefined;
}

/** Collects what goes to the other thread in one message: each message wakes it, and costs more than what is in it. */
export class BatchWriter<Item> {
  readonly #packer = new SamplePacker();
  #items: (Item | number)[] = [];

  get empty(): boolean {
    return this.#items.length === 0;
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  /** The samples are copied. */
  addSamples(kind: number, owner: number, detail: number, samples: Int16Array, more?: Int16Array): void {
    this.#packer.add(kind, owner, detail, samples, more);
    const last = this.#items.length - 1;
    if (typeof this.#items[last] === "number") this.#items[last] = this.#packer.end;
    else this.#items.push(this.#packer.end);
  }

  /** Hands over what was collected, with the buffers that go along; it begins anew. */
  take(post: (batch: Batch<Item>, transfer: readonly ArrayBuffer[]) => void): void {
    const items = this.#items;
    const packed = this.#packer.take();
    this.#items = [];
    post({ items, packed }, packed ? [packed] : []);
  }
}

/** Goes through a batch in its order. */
export function readBatch<Item>({ items, packed }: Batch<Item>, item: (item: Item) => void, record: RecordReader): void {
  let at = 0;
  for (const one of items) {
    if (typeof one !== "number") item(one);
    else if (packed) {
      readPacked(packed, at, one, record);
      at = one;
    }
  }
}
