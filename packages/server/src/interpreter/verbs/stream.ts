import { PiopiyError } from "../../base/index.ts";
import type { Verb } from "../verb.ts";

/** Audio over a WebSocket is not performed; `unsupportedActions` refuses such a flow before it starts. */
export const stream: Verb<"stream"> = () =>
  Promise.reject(new PiopiyError("unsupported_action", "This server does not perform stream."));
