import type { Verb } from "../verb.ts";

/**
 * Connects a bot to the call, and goes on at once: the bot hears and speaks while the next actions are performed, and
 * keeps the call up when there are none. An inbound call that is not up is answered, unless `stream_on_answer` asks to
 * wait until another action does that (or none is left).
 */
export const stream: Verb<"stream"> = async (action, { line, note, streams }) => {
  if (!action.stream_on_answer) await line.open();
  return { outcome: { stream: streams.start(action, note) } };
};
