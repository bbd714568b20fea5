import { sleep, systemClock } from "@piopiy/server";

/** Waits until `found` gives something; fails, saying what was waited for, when `limitMs` is over. */
export async function until<T>(what: string, found: () => T | undefined | Promise<T | undefined>, limitMs = 15_000): Promise<T> {
  const deadline = systemClock.monotonicMs() + limitMs;
  while (systemClock.monotonicMs() < deadline) {
    const value = await found();
    if (value !== undefined) return value;
    await sleep(systemClock, 50);
  }
  throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
}
