import type { Issue } from "@piopiy/pcmo";
import { isLoopbackHost, isPrivateHost } from "./private-host.ts";
import type { CheckedConfig } from "./schema.ts";

/** Trunks over which no number can be called, or every number, because nobody told which ones may be. */
export function limitWarnings({ limits, apps, trunks }: CheckedConfig): readonly Issue[] {
  const told = limits?.country !== undefined || limits?.destinations !== undefined || apps.some((app) => app.limits?.destinations !== undefined);
  if (told) return [];
  return trunks.flatMap(({ host, local }, index) => {
    if (local === true || isLoopbackHost(host)) return [];
    const free = local === undefined && isPrivateHost(host);
    const what = free ? "every number may be called over this trunk, as its host is private" : "no number may be called over this trunk yet";
    return [{ path: `/trunks/${index}`, message: `${what}: say which ones with /limits/country or /limits/destinations` }];
  });
}
