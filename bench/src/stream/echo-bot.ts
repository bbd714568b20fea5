import { WebSocketServer } from "ws";
import { echoOf } from "./echo-frames.ts";
import { chooseProtocol, EXACT_PROTOCOL, isStart } from "./protocols.ts";

/** What the process tells the one that started it: first its port, and then, whenever it is asked, how it gets on. */
export type EchoBotTold = { readonly port: number } | EchoBotReport;

export interface EchoBotReport {
  /** Connections so far, by what they speak: the exact protocol, once it has begun. */
  readonly compatible: number;
  readonly exact: number;
  /** Frames that were sent back. */
  readonly frames: number;
  /** CPU time of the process so far. */
  readonly cpuMs: number;
}

/** A process that says at once what it hears, and does nothing else. It ends with the one that started it. */
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, handleProtocols: chooseProtocol });
let [compatible, exact, frames] = [0, 0, 0];

server.on("connection", (socket) => {
  const echo = echoOf(socket.protocol);
  if (socket.protocol !== EXACT_PROTOCOL) compatible += 1;
  socket.on("error", () => undefined);
  socket.on("message", (data, isBinary) => {
    if (!(data instanceof Buffer)) return;
    if (!isBinary && isStart(data.toString())) exact += 1;
    const answer = isBinary ? echo(data) : undefined;
    if (!answer) return;
    frames += 1;
    socket.send(answer);
  });
});
server.on("listening", () => {
  const address = server.address();
  tell({ port: typeof address === "object" && address ? address.port : 0 });
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  tell({ compatible, exact, frames, cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());

function tell(told: EchoBotTold): void {
  process.send?.(told);
}
