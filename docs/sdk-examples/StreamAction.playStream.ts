import { StreamAction } from "piopiy";

// What a bot sends over its WebSocket.
const audio = Buffer.alloc(320).toString("base64"); // 20 ms of 16 bit PCM at 8 kHz
console.log(new StreamAction().playStream({ audio_base64: audio, audio_type: "raw", sample_rate: 8000 }));
