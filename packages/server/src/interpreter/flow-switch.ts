import type { Action } from "@piopiy/pcmo";
import { scope, type Scope } from "../base/index.ts";

/** Puts another flow in the place of the one that runs on a leg, from outside of it. */
export interface FlowSwitch {
  /**
   * The action under way is interrupted, and `flow` is performed in place of what was left; of several that come at
   * once the last one counts. `false`: no flow is running.
   */
  replace(flow: readonly Action[]): boolean;
}

/** The side of the flow that runs. */
export interface Switched extends FlowSwitch {
  /** Ends when a flow comes that is to replace the one that runs. */
  course(parent: AbortSignal): Scope;
  /** The flow that came, once. */
  take(): readonly Action[] | undefined;
  /** No flow is running any more. */
  close(): void;
}

export function createFlowSwitch(): Switched {
  let running: Scope | undefined;
  let next: readonly Action[] | undefined;
  return {
    replace(flow) {
      if (!running) return false;
      next = flow;
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
