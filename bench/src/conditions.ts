import { arch, cpus, loadavg, platform, totalmem } from "node:os";

/** What a figure depends on besides the code. */
export interface Conditions {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly load1: number;
}

export function conditions(): Conditions {
  return {
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load1: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}
