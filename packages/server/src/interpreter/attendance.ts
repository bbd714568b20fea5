import type { HoldSound } from "./hold-sound.ts";

/** Which of a call's bots are there: the party hears music while it waits for one, and none is there that talks with it. */
export interface Attendance {
  here(id: string): void;
  /** It has said something: it is no mere listener. */
  speaks(id: string): void;
  /** `awaited`: with music. */
  away(id: string, awaited: boolean): void;
  over(id: string): void;
}

export function createAttendance(sound: HoldSound): Attendance {
  const [present, speakers, awaited] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const tune = () => {
    const attended = [...speakers].some((id) => present.has(id));
    if (awaited.size > 0 && !attended) sound.start();
    else sound.stop();
  };
  return {
    here(id) {
      present.add(id);
      awaited.delete(id);
      tune();
    },
    speaks(id) {
      if (speakers.has(id)) return;
      speakers.add(id);
      tune();
    },
    away(id, music) {
      present.delete(id);
      if (music) awaited.add(id);
      tune();
    },
    over(id) {
      for (const set of [present, speakers, awaited]) set.delete(id);
      tune();
    },
  };
}
