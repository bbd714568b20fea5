import type { Clock, Timer } from "../base/index.ts";
import type { Core } from "./core.ts";

/** Runs the core by a clock's timers: the drive of the calling thread. Without media no timer is set. */
export function driveByTimers(core: Core, clock: Clock): { readonly changed: () => void } {
  let timer: Timer | undefined;
  const arm = () => {
    timer?.cancel();
    const { nextMs } = core;
    timer = nextMs === undefined ? undefined : clock.setTimer(nextMs - clock.monotonicMs(), fire);
  };
  const fire = () => {
    core.step(clock.monotonicMs());
    arm();
  };
  return {
    /** A command has been handled: media may have begun or be over. */
    changed() {
      if (core.nextMs === undefined) {
        timer?.cancel();
        timer = undefined;
      } else if (!timer) arm();
    },
  };
}
