import { parentPort } from "node:worker_threads";
import { createFileDecoder, type FileDecoder } from "../audio/index.ts";
import { concatSamples, messageOf, PiopiyError } from "../base/index.ts";
import type { PieceOrder } from "./piece-decoder.ts";
import type { SampleReply } from "./sample-worker.ts";

const decoders = new Map<number, FileDecoder>();
const nothing = new Int16Array(0);

async function decode({ stream, bytes, first, last }: PieceOrder): Promise<Int16Array> {
  if (!bytes) {
    end(stream);
    return nothing;
  }
  const decoder = first ? createFileDecoder() : decoders.get(stream);
  // The thread was replaced under it.
  if (!decoder) throw new PiopiyError("bad_audio", "The decoder was lost.");
  decoders.set(stream, decoder);
  const samples = await decoder.push(bytes);
  if (!last) return samples;
  const rest = decoder.flush();
  end(stream);
  return concatSamples([samples, rest]);
}

function end(stream: number): void {
  decoders.get(stream)?.close();
  decoders.delete(stream);
}

async function reply(order: PieceOrder): Promise<SampleReply> {
  try {
    return { ok: true, samples: await decode(order) };
  } catch (failure) {
    end(order.stream);
    return { ok: false, why: failure instanceof PiopiyError ? failure.message : `The file cannot be decoded: ${messageOf(failure)}` };
  }
}

parentPort?.on("message", (order: PieceOrder) => {
  const answer = async () => parentPort?.postMessage(await reply(order));
  void answer();
});
