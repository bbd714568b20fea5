/** The value below which the given share (0 to 1) of the values lies: the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[at] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export interface Goal {
  readonly is: "at least" | "at most";
  readonly value: number;
}

/** One measured figure, with the goal it is held against. */
export interface Figure {
  readonly name: string;
  /** The median of the runs. */
  readonly value: number;
  readonly unit: string;
  readonly goal?: Goal;
  /** Absent without a goal. */
  readonly met?: boolean;
  readonly runs: number;
  readonly min: number;
  readonly max: number;
}

/** The figure that several runs come to. */
export function figure(name: string, unit: string, runs: readonly number[], goal?: Goal): Figure {
  const value = rounded(median(runs));
  const spread = { runs: runs.length, min: rounded(percentile(runs, 0)), max: rounded(percentile(runs, 1)) };
  return goal ? { name, value, unit, goal, met: met(value, goal), ...spread } : { name, value, unit, ...spread };
}

// NaN, which is what no run at all comes to, meets nothing.
const met = (value: number, { is, value: goal }: Goal): boolean => (is === "at least" ? value >= goal : value <= goal);

const rounded = (value: number): number => (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toFixed(2)));

/** A line a person can read; a goal that is missed is marked. */
export function line({ name, value, unit, goal, met, runs, min, max }: Figure): string {
  const wanted = goal ? `goal: ${goal.is} ${show(goal.value)}` : "";
  const spread = `${runs} runs, ${show(min)} to ${show(max)}`;
  return `${met === false ? "!" : " "} ${name.padEnd(58)} ${show(value).padStart(9)} ${unit.padEnd(4)}  ${wanted.padEnd(22)}  ${spread}`;
}

/** The same as a row of a table: figure, median, goal, runs, spread. A goal that is missed has its median in bold. */
export function row({ name, value, unit, goal, met, runs, min, max }: Figure): string {
  const median = `${show(value)} ${unit}`.trim();
  const wanted = goal ? `${goal.is === "at least" ? "≥" : "≤"} ${show(goal.value)}` : "";
  const cells = [name, met === false ? `**${median}**` : median, wanted, `${runs}`, runs > 1 ? `${show(min)} to ${show(max)}` : ""];
  return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
}

const show = (number: number): string => number.toLocaleString("en", { maximumFractionDigits: Math.abs(number) >= 100 ? 0 : 2 });
