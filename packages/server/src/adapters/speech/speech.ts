import { SAMPLE_RATE_HZ, type AudioSource } from "../../audio/index.ts";
import { PiopiyError, randomIds, type Clock, type Ids } from "../../base/index.ts";
import type { SpeechRequest } from "../../interpreter/index.ts";
import { createSingleFlight } from "../single-flight.ts";
import { languageOf } from "./language.ts";
import type { SpeechJob, SpeechProvider } from "./provider.ts";
import { sentencesOf } from "./sentences.ts";
import { createSpeechCache, speechKey } from "./speech-cache.ts";
import { isSsml, parseSsml, withoutMarkup, type SpeechPart } from "./ssml.ts";

export interface SpeechOptions {
  /** Who speaks: the first that has a voice for a request. */
  readonly providers: readonly SpeechProvider[];
  /** Where spoken sentences are kept across restarts. */
  readonly cacheFolder: string;
  readonly clock: Clock;
  readonly ids?: Ids;
  /** Bounds of the cache; 32 MB and 512 MB unless given. */
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

export interface Speech {
  /**
   * Speaks a text, plain or SSML, sentence by sentence: resolves when the first one is ready; each further one is made
   * while the one before it plays. Fails with `speech_failed`.
   */
  speak(request: SpeechRequest, signal: AbortSignal): Promise<AudioSource>;
  close(): Promise<void>;
}

/** A sentence to speak, or a pause in ms. */
type Piece = SpeechJob | number;

const MAXIMUM_TEXT = 10_000;

export function createSpeech(options: SpeechOptions): Speech {
  const { providers, cacheFolder, clock, ids = randomIds, memoryBytes = 32 << 20, diskBytes = 512 << 20 } = options;
  const cache = createSpeechCache({ folder: cacheFolder, clock, ids, memoryBytes, diskBytes });
  const flights = createSingleFlight<Int16Array>();
  const writes = new Set<Promise<void>>();

  const synthesise = async (provider: SpeechProvider, job: SpeechJob, key: string, signal: AbortSignal): Promise<Int16Array> => {
    const cached = await cache.get(key);
    if (cached) return cached;
    const samples = await provider.synthesise(job, signal);
    const written: Promise<void> = cache.set(key, samples).then(() => void writes.delete(written));
    writes.add(written);
    return samples;
  };
  const perform = (provider: SpeechProvider, piece: Piece, signal: AbortSignal): Promise<Int16Array> => {
    if (typeof piece === "number") return Promise.resolve(new Int16Array((piece * SAMPLE_RATE_HZ) / 1000));
    const key = speechKey(provider.version, piece);
    return flights.run(key, (shared) => synthesise(provider, piece, key, shared), signal);
  };
  return {
    async speak(request, signal) {
      const parts = partsOf(request);
      const { provider, voice } = await chosen(providers, request, parts);
      const pieces = piecesOf(parts, provider, voice);
      const [first] = pieces;
      if (first === undefined) return { kind: "speech", chunks: nothing() };
      // Made before anything is played: a failure is then told by the action, not in the middle of a playback.
      await perform(provider, first, signal);
      return { kind: "speech", chunks: { [Symbol.asyncIterator]: () => spoken(pieces, (piece) => perform(provider, piece, signal)) } };
    },
    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
      await Promise.all(writes);
    },
  };
}

async function* nothing(): AsyncGenerator<Int16Array> {}

async function* spoken(pieces: readonly Piece[], perform: (piece: Piece) => Promise<Int16Array>): AsyncGenerator<Int16Array> {
  let ahead: Promise<Int16Array> | undefined;
  for (const [index, piece] of pieces.entries()) {
    const samples = await (ahead ?? perform(piece));
    const following = pieces[index + 1];
    ahead = following === undefined ? undefined : perform(following);
    // It is awaited only when this sentence has been read; until then its failure is nobody's.
    ahead?.catch(() => undefined);
    yield samples;
  }
}

function partsOf({ text, warn }: SpeechRequest): readonly SpeechPart[] {
  if (text.length > MAXIMUM_TEXT) throw new PiopiyError("speech_failed", `The text is longer than ${MAXIMUM_TEXT} characters.`);
  if (!isSsml(text)) return [{ type: "text", text, rate: 1 }];
  const parts = parseSsml(text);
  if (parts) return parts;
  warn?.("The SSML is malformed: it is spoken as plain text, without its markup.");
  return [{ type: "text", text: withoutMarkup(text), rate: 1 }];
}

interface Chosen {
  readonly provider: SpeechProvider;
  readonly voice: string;
}

async function chosen(providers: readonly SpeechProvider[], request: SpeechRequest, parts: readonly SpeechPart[]): Promise<Chosen> {
  const language = request.language ?? languageOf(parts.map((part) => (part.type === "text" ? part.text : "")).join(" "));
  const wanted = { ...(language !== undefined && { language }), ...(request.voice !== undefined && { voice: request.voice }) };
  for (const provider of providers) {
    const voice = await provider.voiceFor(wanted);
    if (voice !== undefined) return { provider, voice };
  }
  const what = request.voice === undefined ? "for this language" : "of this name for this language";
  throw new PiopiyError("speech_failed", `There is no voice ${what}. ${providers.map(({ about }) => about).join("; ")}.`);
}

function piecesOf(parts: readonly SpeechPart[], provider: SpeechProvider, voice: string): readonly Piece[] {
  let lost = false;
  const pieces = parts.flatMap((part): readonly Piece[] => {
    if (part.type === "pause") return part.durationMs > 0 ? [part.durationMs] : [];
    return sentencesOf(part.text).flatMap((sentence) => {
      const text = provider.prepare(sentence);
      if (text === "") lost ||= /[\p{L}\p{N}]/u.test(sentence);
      return text === "" ? [] : [{ voice, text, rate: part.rate }];
    });
  });
  if (lost && !pieces.some((piece) => typeof piece !== "number")) {
    throw new PiopiyError("speech_failed", `The text is in letters that this voice cannot read. ${provider.about}.`);
  }
  return pieces;
}
