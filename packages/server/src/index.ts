export {
  audible, dominantTone, parseWav, tonePower, toneSamples, toneSpans, wavFile, type ToneSpan, type WavAudio,
} from "./audio/index.ts";
export { channels, randomIds, seededIds, sleep, systemClock, VirtualClock, PiopiyError, messageOf } from "./base/index.ts";
export { loadConfig, resolveConfig, type Config } from "./config/index.ts";
export { createMediaEngine } from "./media/index.ts";
export { CallNotAnswered, createPhone, type Answering, type Heard, type Phone, type PhoneCall, type PhoneOptions } from "./phone/index.ts";
export { simulate, type CallerScript, type SimulationOptions, type SimulationReport } from "./simulator/index.ts";
export { startServer, type RunningServer, type ServerOptions } from "./server.ts";
export { VERSION } from "./version.ts";
