import type { DialTarget } from "../call/index.ts";
import type { World } from "./model.ts";

// The names that limits are kept under.

export const appGate = (appid: string): string => `app:${appid}`;
/** Of an app's legs over trunks, whichever leg of a call they are. */
export const appTrunksGate = (appid: string): string => `app:${appid}:trunks`;
export const trunkGate = (name: string): string => `trunk:${name}`;

/** What limits a leg of the app that is dialled: the trunk it takes, and how many legs of the app take one. */
export function gatesOf({ exitOf }: Pick<World, "exitOf">, appid: string, target: DialTarget): readonly string[] {
  const exit = exitOf?.(target);
  if (!exit) return [];
  return exit.type === "trunk" ? [appTrunksGate(appid), trunkGate(exit.trunk)] : [appTrunksGate(appid)];
}
