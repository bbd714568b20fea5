export { createApi } from "./api.ts";
export { createLogger, logChannels, type LogOptions } from "./logger.ts";
export type { AppCredentials } from "./door.ts";
export type { ApiOptions, HttpOptions, MediaFigures } from "./options.ts";
