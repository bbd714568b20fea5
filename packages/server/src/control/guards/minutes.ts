import type { Clock, Timer } from "../../base/index.ts";

/** Adds up for how long legs over trunks are up in a day of UTC, by name, and ends them when a day's minutes are used up. */
export interface Minutes {
  /** Of the day, under all of these names; `Infinity` for names without a budget. */
  leftMs(names: readonly string[]): number;
  /** A leg is up until the returned function is called; `end` is called when there are no minutes left. */
  begin(names: readonly string[], end: () => void): () => void;
  /** What was used before this process began. `fromMs`, `toMs`: since the epoch. */
  add(names: readonly string[], fromMs: number, toMs: number): void;
  /** Until the next day begins. */
  untilTomorrowMs(): number;
  /** When the day began, in milliseconds since the epoch. */
  todayMs(): number;
}

interface Account {
  readonly budgetMs: number;
  readonly live: Set<() => void>;
  day: number;
  usedMs: number;
  /** When `usedMs` was true, by the monotonic clock. */
  atMs: number;
  timer: Timer | undefined;
}

const DAY_MS = 86_400_000;

export function createMinutes(clock: Clock, budgets: ReadonlyMap<string, number>): Minutes {
  const accounts = new Map([...budgets].map(([name, minutes]) => [name, accountOf(clock, minutes * 60_000)]));
  const of = (names: readonly string[]) => names.flatMap((name) => accounts.get(name) ?? []);
  return {
    leftMs: (names) => Math.min(...of(names).map((account) => account.budgetMs - settled(account, clock).usedMs)),
    begin(names, end) {
      // A leg stands in every account by an entry of its own.
      const entries = of(names).map((account) => [account, () => end()] as const);
      for (const [account, entry] of entries) {
        settled(account, clock).live.add(entry);
        arm(account, clock);
      }
      return () => {
        for (const [account, entry] of entries) {
          settled(account, clock).live.delete(entry);
          arm(account, clock);
        }
      };
    },
    add(names, fromMs, toMs) {
      for (const account of of(names)) {
        const { day } = settled(account, clock);
        account.usedMs += Math.max(0, toMs - Math.max(fromMs, day * DAY_MS));
      }
    },
    untilTomorrowMs: () => (dayOf(clock) + 1) * DAY_MS - clock.now(),
    todayMs: () => dayOf(clock) * DAY_MS,
  };
}

const dayOf = (clock: Clock): number => Math.floor(clock.now() / DAY_MS);

function accountOf(clock: Clock, budgetMs: number): Account {
  return { budgetMs, live: new Set(), day: dayOf(clock), usedMs: 0, atMs: clock.monotonicMs(), timer: undefined };
}

/** The account as it is now: what its legs have used since it was looked at last is added, or what they used since midnight. */
function settled(account: Account, clock: Clock): Account {
  const nowMs = clock.monotonicMs();
  const day = dayOf(clock);
  const passedMs = nowMs - account.atMs;
  const fresh = day !== account.day;
  const countedMs = fresh ? Math.min(passedMs, clock.now() - day * DAY_MS) : passedMs;
  account.usedMs = (fresh ? 0 : account.usedMs) + account.live.size * countedMs;
  account.day = day;
  account.atMs = nowMs;
  return account;
}

/** Looks again when the minutes will be used up if nothing changes. */
function arm(account: Account, clock: Clock): void {
  account.timer?.cancel();
  account.timer = undefined;
  if (account.live.size === 0) return;
  const leftMs = Math.max(0, account.budgetMs - account.usedMs) / account.live.size;
  account.timer = clock.setTimer(Math.min(Math.ceil(leftMs), DAY_MS), () => {
    if (settled(account, clock).usedMs < account.budgetMs) arm(account, clock);
    else for (const end of account.live) end();
  });
}
