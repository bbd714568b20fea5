import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket: a flow that the live call goes on with.
console.log(new StreamAction().stream("wss://example.com/monitor", { listen_mode: "both" }).PCMO());
