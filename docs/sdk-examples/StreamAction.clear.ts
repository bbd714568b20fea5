import { StreamAction } from "piopiy";

console.log(new StreamAction().speak("Never said.").clear().hangup().PCMO());
