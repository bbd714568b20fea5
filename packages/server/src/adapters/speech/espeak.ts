import { availableParallelism } from "node:os";
import { PiopiyError, type Clock } from "../../base/index.ts";
import type { AudioDecoder } from "../audio-decoder.ts";
import type { SpeechProvider, WantedVoice } from "./provider.ts";
import { createPrograms, type Programs } from "./program.ts";

export interface EspeakOptions {
  readonly clock: Clock;
  readonly decoder: AudioDecoder;
  /** The program; `espeak-ng` on the path unless given. */
  readonly command?: string;
  /** The voice when the request names neither voice nor language: `en-us` unless given. */
  readonly voice?: string;
}

interface EspeakVoices {
  /** By lower-case language tag and by lower-case name. */
  readonly byName: ReadonlyMap<string, string>;
}

const WORDS_PER_MINUTE = 165;
/** Voices are changed by variants: men, women, and a few effects. */
const VARIANT = /^(?:[mf][1-9]|croak|whisperf?)$/;

/**
 * Speech by the program `espeak-ng`, if it is installed: more than a hundred languages, a process for each sentence. A
 * `voice` is a language (`hi`), the name of a voice (`Hindi`), or a variant of the language's voice (`f3`).
 */
export function createEspeak({ clock, decoder, command = "espeak-ng", voice: standard = "en-us" }: EspeakOptions): SpeechProvider {
  const programs = createPrograms({ clock, command, parallel: Math.max(2, availableParallelism()), code: "speech_failed" });
  let voices: Promise<EspeakVoices> | undefined;
  const known = () => (voices ??= listVoices(programs));
  return {
    about: "espeak-ng, where it is installed, speaks many languages",
    version: "espeak-ng / 8 kHz / 1",
    voiceFor: async (wanted) => voiceOf(await known(), wanted, standard),
    prepare: (sentence) => (/[\p{L}\p{N}]/u.test(sentence) ? sentence : ""),
    async synthesise({ voice, text, rate }, signal) {
      const speed = String(Math.round(WORDS_PER_MINUTE * rate));
      // The text goes to standard input: nothing in it can be an option, and no list of processes shows it.
      const wav = await programs.run(["-v", voice, "-s", speed, "-b", "1", "--stdin", "--stdout"], text, signal);
      if (wav.length === 0) throw new PiopiyError("speech_failed", "espeak-ng said nothing.");
      return await decoder.decode(wav, signal);
    },
    close: () => programs.close(),
  };
}

/** No voices: it is not installed. */
async function listVoices(programs: Programs): Promise<EspeakVoices> {
  try {
    const table = new TextDecoder().decode(await programs.run(["--voices"], "", new AbortController().signal));
    const rows = table.split("\n").slice(1).map((line) => line.trim().split(/\s+/));
    const names = rows.flatMap(([, language = "", , name = ""]) => (language === "" ? [] : [[language, language], [name, language]]));
    // Languages win over the names of voices.
    const entries = names.toReversed().map(([name = "", language = ""]) => [name.toLowerCase().replaceAll("_", "-"), language] as const);
    return { byName: new Map(entries) };
  } catch {
    return { byName: new Map() };
  }
}

function voiceOf({ byName }: EspeakVoices, { language, voice }: WantedVoice, standard: string): string | undefined {
  const spoken = languageVoice(byName, language ?? standard);
  if (voice === undefined) return spoken;
  const wanted = voice.toLowerCase().replaceAll("_", "-");
  if (VARIANT.test(wanted)) return spoken && `${spoken}+${wanted}`;
  const named = byName.get(wanted);
  return named !== undefined && (language === undefined || sameLanguage(named, language)) ? named : undefined;
}

/** `hi-IN` is spoken by `hi`, `en-NZ` by the plainest English there is. */
function languageVoice(byName: EspeakVoices["byName"], language: string): string | undefined {
  const tag = language.toLowerCase().replaceAll("_", "-");
  const [primary = ""] = tag.split("-");
  const related = [...byName.values()].filter((code) => sameLanguage(code, primary)).toSorted((a, b) => a.length - b.length);
  return byName.get(tag) ?? byName.get(primary) ?? related[0];
}

const sameLanguage = (one: string, other: string): boolean => one.split(/[-_]/)[0]?.toLowerCase() === other.split(/[-_]/)[0]?.toLowerCase();
