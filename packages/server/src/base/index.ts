export { concatBytes, concatSamples, text, utf8 } from "./bytes.ts";
export { channels } from "./channels.ts";
export { setRepeating, sleep, systemClock, type Clock, type Timer } from "./clock.ts";
export { errorTable, messageOf, PiopiyError, type ErrorCode } from "./errors.ts";
export { Emitter, type Listenable } from "./events.ts";
export { randomIds, seededIds, type Ids } from "./ids.ts";
export { abortable, aborted, scope, type Scope } from "./scope.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { workerUrl } from "./worker-url.ts";
