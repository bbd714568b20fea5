import { setFlagsFromString } from "node:v8";

/**
 * How much of a function runs, in bytes of its bytecode, before V8 makes the fastest code of it: five times what it takes
 * otherwise. See docs/decisions/0020-first-seconds.md.
 */
const BUDGET_BYTES = 5 * 67_584;

/**
 * Lets only what is really hot be compiled for speed. In the first seconds of a server that is busy at once V8 of Node 20
 * compiles half a thousand functions, for a third of a core, which the calls of these seconds need. Later versions have a
 * cheaper compiler for that, wait longer by themselves, and do not know the flag.
 */
export function compileLater(): void {
  if (process.versions.v8.startsWith("11.3.")) setFlagsFromString(`--interrupt-budget=${BUDGET_BYTES}`);
}
