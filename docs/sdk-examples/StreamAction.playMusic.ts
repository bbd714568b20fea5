import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket: a flow that the live call goes on with.
console.log(new StreamAction().playMusic("please-hold.wav").PCMO());
