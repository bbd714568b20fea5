import { PiopiyError } from "../base/index.ts";
import { beginsMp3, looksLikeMp3 } from "./mp3.ts";
import { beginsOgg, looksLikeOgg } from "./ogg-pages.ts";
import { looksLikeWav } from "./wav.ts";

/** How well-known things begin that are sent by mistake. */
const others: readonly (readonly [beginning: string, name: string])[] = [
  ["fLaC", "a FLAC file"],
  ["\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  ["<", "an HTML or XML page"],
  ["{", "JSON"],
  ["FORM", "an AIFF file"],
  ["#!AMR", "an AMR file"],
];

const played = "WAV, MP3 and Ogg are played";

export type FileKind = "wav" | "mp3" | "ogg";

/** What a file is, by its content: names and content types of media files are wrong too often. Fails with `bad_audio`. */
export function fileKind(beginning: Uint8Array): FileKind {
  if (beginning.length === 0) throw new PiopiyError("bad_audio", `The file is empty; ${played}.`);
  if (looksLikeWav(beginning)) return "wav";
  if (looksLikeOgg(beginning)) return "ogg";
  if (looksLikeMp3(beginning)) return "mp3";
  throw new PiopiyError("bad_audio", `The file is ${nameOf(beginning)}; ${played}.`);
}

/** What kind of file certainly begins here; nothing for what might as well continue one. */
export function fileBeginning(bytes: Uint8Array): FileKind | undefined {
  if (looksLikeWav(bytes)) return "wav";
  if (beginsOgg(bytes)) return "ogg";
  return beginsMp3(bytes) ? "mp3" : undefined;
}

function nameOf(bytes: Uint8Array): string {
  const beginning = String.fromCharCode(...bytes.subarray(0, 16));
  const known = others.find(([mark]) => beginning.trimStart().startsWith(mark));
  return known?.[1] ?? (beginning.slice(4, 8) === "ftyp" ? "an MP4 file" : "neither WAV nor MP3 nor Ogg");
}
