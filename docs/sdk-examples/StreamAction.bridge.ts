import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket: a flow that the live call goes on with.
console.log(new StreamAction().bridge({ from: 918000000000, to: 919000000001, timeout: 20 }).PCMO());
