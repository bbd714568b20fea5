export { addressFacts, judgeAddress } from "./address.ts";
export { judgeCertificate, type CertificateFacts } from "./certificate.ts";
export { exitCodeOf, reportOf, type Check } from "./check.ts";
export { diskFacts, judgeDisk } from "./data-folder.ts";
export { judgeAudio, judgeSpeech, type AudioFacts } from "./loop.ts";
export { clockFacts, fileHandleLimit, judgeClock, judgeEventLoop, judgeFileHandles, judgeNode, judgePump } from "./machine.ts";
export { judgeMediaPorts, judgePorts, listenedPorts, tryMediaPorts, tryPort } from "./ports.ts";
