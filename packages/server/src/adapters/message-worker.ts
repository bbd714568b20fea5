import { parentPort } from "node:worker_threads";
import { createMessages } from "./decode-messages.ts";
import type { MessageOrder } from "./message-decoder.ts";
import { createReply } from "./sample-reply.ts";

const decode = createMessages();
const reply = createReply();

parentPort?.on("message", (order: MessageOrder) => void reply(decode(order)));
