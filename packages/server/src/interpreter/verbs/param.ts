import type { Verb } from "../verb.ts";

/** Replaces `extra_params` in what is sent from now on. */
export const param: Verb<"param"> = ({ text }) => Promise.resolve({ extraParams: text, outcome: { text } });
