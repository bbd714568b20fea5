import { gather } from "../gather.ts";
import type { Verb } from "../verb.ts";

/** Collects digits without a prompt, once. */
export const input: Verb<"input"> = (action, stage) => gather(action, { attempts: 1 }, stage);
