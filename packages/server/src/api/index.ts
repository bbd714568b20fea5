export { createApi } from "./api.ts";
export { createLogger, logChannels, type LogOptions } from "./logger.ts";
export type { ApiOptions, AppCredentials, MediaFigures } from "./options.ts";
