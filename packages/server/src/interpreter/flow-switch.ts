import type { Action } from "@piopiy/pcmo";
import { scope, type Scope } from "../base/index.ts";

/** Puts another flow in the place of the one that runs on a leg, from outside of it. */
export interface FlowSwitch {
  /**
   * The action under way is interrupted, and `flow` is performed in place of what was left; of several that come at
   * once the last one counts. `by`, on the timeline: who asked for it. `false`: no flow is running.
   */
  replace(flow: readonly Action[], by?: Replacement["by"]): boolean;
}

export interface Replacement {
  readonly flow: readonly Action[];
  readonly by: "request" | "stream" | "stream_fail";
}

/** The side of the flow that runs. */
export interface Switched extends FlowSwitch {
  /** Ends when a flow comes that is to replace the one that runs. */
  course(parent: AbortSignal): Scope;
  /** The flow that came, once. */
  take(): Replacement | undefined;
  /** No flow is running any more. */
  close(): void;
}

export function createFlowSwitch(): Switched {
  let running: Scope | undefined;
  let next: Replacement | undefined;
  return {
    replace(flow, by = "request") {
      if (!running) return false;
      next = { flow, by };
      running.close();
      return true;
    },
    course(parent) {
      running = scope(parent);
      // It came between two courses.
      if (next) running.close();
      return running;
    },
    take() {
      const taken = next;
      next = undefined;
      return taken;
    },
    close() {
      running = undefined;
    },
  };
}
