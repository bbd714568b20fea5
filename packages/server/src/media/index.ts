export { createMediaEngine, type MediaEngineParts } from "./create-engine.ts";
export { hasPump } from "./pump-addon.ts";
export { PlayoutItem } from "./playout-item.ts";
export type { Feed, FeedHooks, FeedOptions, FeedResult } from "./feed.ts";
export type { LegQuality } from "./quality.ts";
export type {
  AudioCodec,
  DtlsWay,
  MediaEngine,
  MediaEngineOptions,
  MediaParameters,
  MediaSession,
  MediaSessionEvents,
  MediaStatistics,
  PlayResult,
  SessionStatistics,
  TapBatch,
  TapOptions,
} from "./engine.ts";
