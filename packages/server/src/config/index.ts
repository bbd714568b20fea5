export { inCidr } from "./cidr.ts";
export { type AppConfig, type Config, type NumberConfig, type PhoneConfig, type SpeechConfig, type TrunkConfig } from "./config.ts";
export { configJsonSchema } from "./json-schema.ts";
export { loadConfig, type ConfigSources } from "./load.ts";
export { isLoopbackHost, isPrivateHost } from "./private-host.ts";
export { resolveConfig } from "./resolve.ts";
export { fileSetting, settings, type Environment, type Flags, type Setting } from "./settings.ts";
