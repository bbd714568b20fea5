/** What one look at the machine or the configuration came to. */
export interface Check {
  /** Short, the same on every machine: `node`, `ports`, `audio`. */
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  /** What is, in a sentence. */
  readonly says: string;
  /** What to do about it; absent when it is ok. */
  readonly todo?: string;
  /** What was measured, by name with its unit. */
  readonly figures?: Readonly<Record<string, number>>;
}

export const ok = (name: string, says: string, figures?: Check["figures"]): Check => ({ name, status: "ok", says, ...(figures && { figures }) });
export const warning = (name: string, says: string, todo: string, figures?: Check["figures"]): Check =>
  ({ name, status: "warning", says, todo, ...(figures && { figures }) });
export const failed = (name: string, says: string, todo: string, figures?: Check["figures"]): Check =>
  ({ name, status: "failed", says, todo, ...(figures && { figures }) });

/** 1 when anything failed: warnings are for reading. */
export const exitCodeOf = (checks: readonly Check[]): number => (checks.some(({ status }) => status === "failed") ? 1 : 0);

const MARKS = { ok: "ok      ", warning: "WARNING ", failed: "FAILED  " } as const;

/** A line for each, and what to do under those that need it. */
export function reportOf(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, says, todo }) => {
    const line = `${MARKS[status]} ${name.padEnd(width)}  ${says}`;
    return todo === undefined ? [line] : [line, `${" ".repeat(MARKS[status].length + width + 3)}→ ${todo}`];
  });
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  return [...lines, "", `${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed`].join("\n");
}
