import { join } from "node:path";
import { audioPort, createAudioFiles, createFliteSpeech, createRecordingFiles, recordingFile, type SafeFetch } from "./adapters/index.ts";
import type { Clock, Ids } from "./base/index.ts";
import type { Config } from "./config/index.ts";
import type { AudioPort, RecordingFormat, RecordingPort } from "./interpreter/index.ts";

/** What flows play and record. */
export interface Voices {
  readonly audio: AudioPort;
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
  const speech = createFliteSpeech({ cacheFolder: join(config.data, "speech"), clock, ids });
  const recordings = createRecordingFiles({ folder, clock, ids });
  return {
    audio: audioPort(files, speech),
    recordings,
    recordingFile: (id, format) => recordingFile(folder, id, format),
    async close() {
      await recordings.close();
      await Promise.all([files.close(), speech.close()]);
    },
  };
}
