import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../base/index.ts";
import { Core } from "./core.ts";
import type { WorkerSettings } from "./host.ts";
import type { Command } from "./protocol.ts";
import { batched } from "./report-batch.ts";
import { driveByWaiting } from "./wait.ts";

const settings: WorkerSettings = workerData;
const port = parentPort;

if (port) {
  const tell = batched(systemClock, (reports, transfer) => port.postMessage(reports, transfer));
  const monotonicMs = () => systemClock.monotonicMs();
  const core = new Core({ host: settings.host, tell, monotonicMs });
  const handle = driveByWaiting(core, settings.wake, monotonicMs);
  port.on("message", (command: Command) => handle(command));
  tell({ type: "ready" });
}
