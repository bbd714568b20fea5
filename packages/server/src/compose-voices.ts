import { join } from "node:path";
import {
  audioPort, createAudioDecoder, createAudioFiles, createEspeak, createFlite, createHttpFetch, createOpenAiSpeech, createRecordingFiles, createSpeech,
  recordingFile, type AudioDecoder, type SafeFetch, type SpeechProvider,
} from "./adapters/index.ts";
import type { Clock, Ids } from "./base/index.ts";
import type { Config, SpeechConfig } from "./config/index.ts";
import type { AudioPort, RecordingFormat, RecordingPort } from "./interpreter/index.ts";

/** What flows play and record. */
export interface Voices {
  readonly audio: AudioPort;
  /** Decodes a file of the media folder ahead; tells how many bytes of memory it takes. */
  readonly prepare: (name: string, signal: AbortSignal) => Promise<number>;
  readonly recordings: RecordingPort;
  readonly recordingFile: (id: string, format?: RecordingFormat) => string;
  readonly close: () => Promise<void>;
}

export function startVoices(parts: {
  readonly config: Config;
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly ids: Ids;
}): Voices {
  const { config, fetch, clock, ids } = parts;
  const folder = join(config.data, "recordings");
  const files = createAudioFiles({ folder: config.media.folder, fetch, clock });
  const decoder = createAudioDecoder(clock);
  const providers = speechProviders(config.speech, decoder, clock);
  const speech = createSpeech({ providers, cacheFolder: join(config.data, "speech"), clock, ids });
  const recordings = createRecordingFiles({ folder, clock, ids });
  return {
    audio: audioPort(files, speech),
    prepare: (name, signal) => files.prepare(name, signal),
    recordings,
    recordingFile: (id, format) => recordingFile(folder, id, format),
    async close() {
      await recordings.close();
      await Promise.all([files.close(), speech.close(), decoder.close()]);
    },
  };
}

/** Who speaks, the first choice first. */
function speechProviders(config: SpeechConfig, decoder: AudioDecoder, clock: Clock): readonly SpeechProvider[] {
  const { provider, base_url: baseUrl, api_key: apiKey, model, voice } = config;
  const own = voice === undefined ? {} : { voice };
  if (provider === "openai" && baseUrl !== undefined) {
    // Its address is the operator's choice, not a flow's: it may be on this machine or its network.
    const fetch = createHttpFetch({ allowPrivate: true, clock });
    return [createOpenAiSpeech({ fetch, decoder, baseUrl, ...(apiKey !== undefined && { apiKey }), ...(model !== undefined && { model }), ...own })];
  }
  const [flite, espeak] = [createFlite({ clock, ...(provider === "flite" && own) }), createEspeak({ clock, decoder, ...(provider === "espeak-ng" && own) })];
  return provider === "espeak-ng" ? [espeak, flite] : [flite, espeak];
}
