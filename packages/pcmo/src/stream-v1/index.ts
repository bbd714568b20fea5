export { exactBotMessages, type ExactBotMessage, type ExactBotMessageInput } from "./bot-message.ts";
export {
  readBotAudioFrame, readServerAudioFrame, writeAudioFrame, type AudioFrameInput, type BotAudioFrame, type ServerAudioFrame,
} from "./frame.ts";
export { streamLimits, streamProtocol } from "./limits.ts";
export { parseExactBotMessage } from "./read-bot-message.ts";
export { parseExactServerMessage, type UnknownServerMessage } from "./read-server-message.ts";
export { exactServerMessages, type ExactServerMessage } from "./server-message.ts";
