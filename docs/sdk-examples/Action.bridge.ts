import { Action } from "piopiy";

const action = new Action();
action.bridge({ from: 918000000000, to: [919000000001, 919000000002], ring_type: "group", record: true });
console.log(JSON.stringify(action.PCMO()));
