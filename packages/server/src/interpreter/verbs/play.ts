import { playOut } from "../play-out.ts";
import type { Verb } from "../verb.ts";

/** Plays a file to its end. */
export const play: Verb<"play"> = (action, stage) => playOut((signal) => stage.ports.audio.file(action.file, signal), stage, stage.signal);
