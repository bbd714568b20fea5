export { createAudioFiles, type AudioFiles, type AudioFilesOptions } from "./audio-files.ts";
export { audioPort } from "./audio-port.ts";
export { callbackPort } from "./callbacks.ts";
export { createFliteSpeech, type FliteSpeechOptions, type Speech } from "./flite-speech.ts";
export { createHttpFetch, type HttpFetchOptions, type HttpRequest, type HttpResponse, type SafeFetch } from "./http-fetch.ts";
export {
  createRecordingFiles, recordingFile, type RecordingCompleted, type RecordingFailed, type RecordingFiles, type RecordingFilesOptions, type RecordingStarted,
} from "./recording-files.ts";
