import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// TypeScript has no types for it without those of browsers.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: OpusExports };
};

/** What the program of libopus gives: its functions, by their C names. Pointers are numbers, an error is below zero. */
interface OpusExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly _initialize: () => void;
  readonly malloc: (bytes: number) => number;
  readonly free: (pointer: number) => void;
  readonly stackSave: () => number;
  readonly stackRestore: (pointer: number) => void;
  readonly opus_encoder_get_size: (channels: number) => number;
  readonly opus_encoder_init: (state: number, rateHz: number, channels: number, application: number) => number;
  readonly opus_encoder_ctl_set: (state: number, request: number, value: number) => number;
  readonly opus_encode: (state: number, pcm: number, samples: number, packet: number, bytes: number) => number;
  readonly opus_decoder_get_size: (channels: number) => number;
  readonly opus_decoder_init: (state: number, rateHz: number, channels: number) => number;
  readonly opus_decode: (state: number, packet: number, bytes: number, pcm: number, samples: number, fec: number) => number;
}

/** RFC 6716 §3.4 R5: no packet holds more than 120 ms. */
export const MOST_OPUS_SAMPLES = 960;
/** What a datagram may carry, and more. */
const MOST_BYTES = 2048;

/** libopus in this thread, with room for one packet and its samples: both are used within one call only. */
export interface OpusProgram {
  readonly functions: OpusExports;
  /** Where the packet and the samples lie. */
  readonly packetAt: number;
  readonly pcmAt: number;
  /** Views of the same. They may be others after memory was reserved. */
  readonly packet: Uint8Array;
  readonly pcm: Int16Array;
  /** Room for the state of one codec. */
  reserve(bytes: number): number;
  /** Frees it. Idempotent. */
  release(pointer: number): void;
  /** What is reserved now. */
  readonly held: ReadonlySet<number>;
  /** Calls into the program. Below zero: it failed, and takes further calls all the same. */
  run(call: (functions: OpusExports) => number): number;
}

let loaded: OpusProgram | undefined;

/**
 * The program is WebAssembly: the same on every machine, and in as many threads as there are. (The machine code that
 * its package has as well is one for all threads: loaded by a second one, it takes the process down.) It is loaded with
 * the first call that needs it, in about 10 ms of the thread.
 */
export const opusProgram = (): OpusProgram => (loaded ??= load());

/** By the vector instructions of the processor, and for the one that has none. */
const fast = (): Uint8Array => readFileSync(fileURLToPath(import.meta.resolve("@evan/opus/wasm/simd.wasm")));
const plain = (): Uint8Array => readFileSync(fileURLToPath(import.meta.resolve("@evan/opus/wasm/opus.wasm")));

function load(): OpusProgram {
  const bytes = fast();
  const module = new WebAssembly.Module(WebAssembly.validate(bytes) ? bytes : plain());
  const nothing = (): void => undefined;
  let grown = nothing;
  const { exports: functions } = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
    env: { emscripten_notify_memory_growth: () => grown() },
  });
  const { _initialize: initialize } = functions;
  initialize();
  const [packetAt, pcmAt] = [functions.malloc(MOST_BYTES), functions.malloc(2 * MOST_OPUS_SAMPLES)];
  const views = () => ({
    packet: new Uint8Array(functions.memory.buffer, packetAt, MOST_BYTES),
    pcm: new Int16Array(functions.memory.buffer, pcmAt, MOST_OPUS_SAMPLES),
  });
  let { packet, pcm } = views();
  grown = () => ({ packet, pcm } = views());
  return {
    functions,
    packetAt,
    pcmAt,
    get packet() {
      return packet;
    },
    get pcm() {
      return pcm;
    },
    run: guarded(functions),
    ...memoryOf(functions),
  };
}

function memoryOf({ malloc, free }: OpusExports): Pick<OpusProgram, "held" | "reserve" | "release"> {
  const held = new Set<number>();
  return {
    held,
    reserve(bytes) {
      const pointer = malloc(bytes);
      if (pointer === 0) throw new Error("There is no memory left for Opus.");
      held.add(pointer);
      return pointer;
    },
    release(pointer) {
      if (held.delete(pointer)) free(pointer);
    },
  };
}

function guarded(functions: OpusExports): OpusProgram["run"] {
  const stack = functions.stackSave();
  return (call) => {
    try {
      return call(functions);
    } catch {
      // A check inside the program stopped it in the midst of a call: its stack is taken back to where it was.
      functions.stackRestore(stack);
      return -1;
    }
  };
}
