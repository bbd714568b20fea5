import { open, type FileHandle } from "node:fs/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { PiopiyError } from "../base/index.ts";
import { findRecording } from "../store/index.ts";
import type { RouteOptions } from "./options.ts";
import { done } from "./act-routes.ts";
import { byteRange } from "./byte-range.ts";
import { basicAppid } from "./credentials.ts";

/** Recordings, as WAV or MP3, and their end. The path comes from the database alone. */
export function recordingRoutes(api: FastifyInstance, { door, store, control }: RouteOptions): void {
  const remove = async (appid: string, id: string) => {
    await control.deleteRecording(appid, id);
    return done("deleted");
  };
  api.delete<{ Params: { readonly id: string } }>("/recordings/:id", (request) => remove(basicAppid(door, request), request.params.id));
  api.get<{ Params: { readonly id: string } }>("/recordings/:id", async (request, reply) => {
    const appid = basicAppid(door, request);
    await store.flush();
    const recording = await findRecording(store.db, appid, request.params.id);
    if (!recording) throw new PiopiyError("unknown_recording");
    if (recording.status === "recording" || recording.status === "failed") throw new PiopiyError("unknown_recording", notPlayable[recording.status]);
    const file = await open(recording.file, "r").catch((failure: unknown) => {
      throw new PiopiyError("unknown_recording", "The file of this recording is gone.", { cause: failure });
    });
    return await send(reply.type(recording.file.endsWith(".mp3") ? "audio/mpeg" : "audio/wav"), file, request.headers.range);
  });
}

const notPlayable = {
  recording: "This recording still runs; its file is there when it has ended.",
  failed: "This recording failed; it has no file.",
} as const;

/** The file or the part of it that is asked for (RFC 9110 §14). */
async function send(reply: FastifyReply, file: FileHandle, range: string | undefined): Promise<FastifyReply> {
  try {
    const { size } = await file.stat();
    const part = byteRange(range, size);
    void reply.header("accept-ranges", "bytes");
    if (part === "unsatisfiable") {
      await file.close();
      return reply.code(416).header("content-range", `bytes */${size}`).send("");
    }
    const { start, end } = part ?? { start: 0, end: size - 1 };
    if (part) void reply.code(206).header("content-range", `bytes ${start}-${end}/${size}`);
    void reply.header("content-length", end - start + 1);
    return reply.send(file.createReadStream({ start, end: Math.max(end, start), autoClose: true }));
  } catch (failure) {
    await file.close();
    throw failure;
  }
}
