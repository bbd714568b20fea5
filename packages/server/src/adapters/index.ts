export { createAudioDecoder, type AudioDecoder } from "./audio-decoder.ts";
export { createAudioFiles, type AudioFiles, type AudioFilesOptions } from "./audio-files.ts";
export { audioPort } from "./audio-port.ts";
export { jsonPost } from "./callbacks.ts";
export type { HttpResponse } from "./http-exchange.ts";
export { createHttpFetch, type HttpFetchOptions, type HttpRequest, type SafeFetch } from "./http-fetch.ts";
export { createStreamSockets, type StreamSockets, type StreamSocketsOptions } from "./stream/stream-sockets.ts";
export {
  createRecordingFiles, recordingFile, type RecordingCompleted, type RecordingFailed, type RecordingFiles, type RecordingFilesOptions, type RecordingStarted,
} from "./recording-files.ts";
export { recordingDisk } from "./recording-disk.ts";
export { recoverRecording } from "./recover-recording.ts";
export { createEspeak, type EspeakOptions } from "./speech/espeak.ts";
export { createFlite, type FliteOptions } from "./speech/flite.ts";
export { createOpenAiSpeech, type OpenAiSpeechOptions } from "./speech/openai.ts";
export type { SpeechProvider } from "./speech/provider.ts";
export { createSpeech, type Speech, type SpeechOptions } from "./speech/speech.ts";
