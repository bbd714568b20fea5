import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket.
console.log(new StreamAction().interrupt()); // forget what is queued: somebody speaks
