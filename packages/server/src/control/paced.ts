import type { DialTarget } from "../call/index.ts";
import type { World } from "./model.ts";

// The names that limits are kept under.

export const appGate = (appid: string): string => `app:${appid}`;
export const trunkGate = (name: string): string => `trunk:${name}`;

/** What limits a leg that is dialled: the trunk it takes. */
export function gatesOf({ trunkOf }: Pick<World, "trunkOf">, target: DialTarget): readonly string[] {
  const trunk = trunkOf?.(target);
  return trunk === undefined ? [] : [trunkGate(trunk)];
}
