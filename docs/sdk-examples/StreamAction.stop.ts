import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket.
console.log(new StreamAction().stop()); // close the stream
