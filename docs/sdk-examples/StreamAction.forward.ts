import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket: a flow that the live call goes on with.
console.log(new StreamAction().forward("desk", 918000000000).PCMO());
