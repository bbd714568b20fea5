import { parentPort } from "node:worker_threads";
import { createFileDecoder, type FileDecoder } from "../audio/index.ts";
import { concatSamples, PiopiyError } from "../base/index.ts";
import type { PieceOrder } from "./piece-decoder.ts";
import { createReply } from "./sample-reply.ts";

const decoders = new Map<number, FileDecoder>();
const nothing = new Int16Array(0);
/** Of one piece: a few bytes can hold hours of silence, and all of it would be handed over at once. */
const MAXIMUM_MINUTES = 20;

async function decode({ stream, bytes, first, last }: PieceOrder): Promise<Int16Array> {
  if (!bytes) {
    end(stream);
    return nothing;
  }
  const decoder = first ? createFileDecoder({ maxMinutes: MAXIMUM_MINUTES }) : decoders.get(stream);
  // The thread was replaced under it.
  if (!decoder) throw new PiopiyError("bad_audio", "The decoder was lost.");
  decoders.set(stream, decoder);
  const samples = await decoder.push(bytes);
  if (!last) return samples;
  const rest = await decoder.flush();
  end(stream);
  return concatSamples([samples, rest]);
}

function end(stream: number): void {
  decoders.get(stream)?.close();
  decoders.delete(stream);
}

async function answered(order: PieceOrder): Promise<Int16Array> {
  try {
    return await decode(order);
  } catch (failure) {
    end(order.stream);
    throw failure;
  }
}

const reply = createReply();

parentPort?.on("message", (order: PieceOrder) => void reply(answered(order)));
