import { parentPort } from "node:worker_threads";
import { messageOf, PiopiyError } from "../base/index.ts";
import type { SampleReply } from "./sample-worker.ts";

/** On the thread: answers a request with what comes of it. */
export function createReply(): (work: Promise<Int16Array>) => Promise<void> {
  // Decoders complain there about what strangers send; what matters is told to the one who asked.
  globalThis.console.error = () => undefined;
  globalThis.console.warn = () => undefined;
  return async (work) => {
    const reply = await replyOf(work);
    parentPort?.postMessage(reply, reply.ok ? wholeBuffer(reply.samples) : []);
  };
}

async function replyOf(work: Promise<Int16Array>): Promise<SampleReply> {
  try {
    return { ok: true, samples: await work };
  } catch (failure) {
    // A decoder may fail on bytes in ways of its own; what it says is about the format.
    return { ok: false, why: failure instanceof PiopiyError ? failure.message : `The file cannot be decoded: ${messageOf(failure)}` };
  }
}

/** A whole buffer is handed over; part of one is copied, and so is nothing, which others may hold as well. */
export function wholeBuffer({ buffer, byteLength }: Int16Array | Uint8Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && byteLength > 0 && buffer.byteLength === byteLength ? [buffer] : [];
}
