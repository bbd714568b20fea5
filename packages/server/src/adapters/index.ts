export { createAudioFiles, type AudioFiles, type AudioFilesOptions } from "./audio-files.ts";
export { audioPort } from "./audio-port.ts";
export { jsonPost, type JsonPost } from "./callbacks.ts";
export { createFliteSpeech, type FliteSpeechOptions, type Speech } from "./flite-speech.ts";
export type { HttpResponse } from "./http-exchange.ts";
export { createHttpFetch, type HttpFetchOptions, type HttpRequest, type SafeFetch } from "./http-fetch.ts";
export {
  createRecordingFiles, recordingFile, type RecordingCompleted, type RecordingFailed, type RecordingFiles, type RecordingFilesOptions, type RecordingStarted,
} from "./recording-files.ts";
export { recoverRecording } from "./recover-recording.ts";
