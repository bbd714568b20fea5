import { PiopiyError } from "../base/index.ts";
import { looksLikeMp3 } from "./mp3.ts";
import { looksLikeWav } from "./wav.ts";

/** How well-known things begin that are sent by mistake. */
const others: readonly (readonly [beginning: string, name: string])[] = [
  ["OggS", "an Ogg file"],
  ["fLaC", "a FLAC file"],
  ["\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  ["<", "an HTML or XML page"],
  ["{", "JSON"],
  ["FORM", "an AIFF file"],
  ["#!AMR", "an AMR file"],
];

/** What a file is, by its content: names and content types of media files are wrong too often. Fails with `bad_audio`. */
export function fileKind(beginning: Uint8Array): "wav" | "mp3" {
  if (beginning.length === 0) throw new PiopiyError("bad_audio", "The file is empty; WAV and MP3 are played.");
  if (looksLikeWav(beginning)) return "wav";
  if (looksLikeMp3(beginning)) return "mp3";
  throw new PiopiyError("bad_audio", `The file is ${nameOf(beginning)}; WAV and MP3 are played.`);
}

function nameOf(bytes: Uint8Array): string {
  const beginning = String.fromCharCode(...bytes.subarray(0, 16));
  const known = others.find(([mark]) => beginning.trimStart().startsWith(mark));
  return known?.[1] ?? (beginning.slice(4, 8) === "ftyp" ? "an MP4 file" : "neither WAV nor MP3");
}
