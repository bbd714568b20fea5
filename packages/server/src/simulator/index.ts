export { followScript, type CallerScript, type CallerStep } from "./caller-script.ts";
export { simDialler, type SimDestination, type SimDestinations } from "./sim-dialler.ts";
export { SimLeg, type JoinSpan } from "./sim-leg.ts";
export type { HeardSpan } from "./sim-playout.ts";
export {
  simAudio, simCallbacks, simRecordings,
  type SimAudio, type SimFile, type SimPost, type SimRecording, type SimReplies, type SimReply,
} from "./sim-ports.ts";
export { simStreams, type SimBot, type SimBots, type SimBotStep } from "./sim-streams.ts";
export { simulate, type SimulatedLeg, type SimulationOptions, type SimulationReport } from "./simulate.ts";
