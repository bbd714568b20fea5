import type { Action } from "@piopiy/pcmo";
import { scope, seededIds, sleep, VirtualClock } from "../base/index.ts";
import type { Cause, LegInfo } from "../call/index.ts";
import { runFlow, type CallContext, type FlowResult, type Ports, type TimelineEvent } from "../interpreter/index.ts";
import { followScript, type CallerScript } from "./caller-script.ts";
import { simDialler, type SimDestinations } from "./sim-dialler.ts";
import { SimLeg, type JoinSpan } from "./sim-leg.ts";
import type { HeardSpan } from "./sim-playout.ts";
import {
  simAudio, simCallbacks, simRecordings, type SimAudio, type SimPost, type SimRecording, type SimReplies,
} from "./sim-ports.ts";
import { simStreams, type SimBots } from "./sim-streams.ts";

/** The world around a simulated call; everything has a default. */
export interface SimulationOptions {
  /** The call; by default outbound and answered, from 15550100 to 15550199. */
  readonly call?: Partial<CallContext>;
  readonly audio?: SimAudio;
  readonly callbacks?: SimReplies;
  readonly destinations?: SimDestinations;
  /** The bots that a `stream` connects to. */
  readonly bots?: SimBots;
  /** When the call is hung up whatever happens; 5400 s. */
  readonly durationMs?: number;
  /** The time the call runs in; a clock of its own. */
  readonly clock?: VirtualClock;
  /** Ports that take the place of the simulated ones. */
  readonly ports?: Partial<Ports>;
}

/** All times in ms from the start of the call. */
export interface SimulationReport {
  readonly result: FlowResult;
  readonly durationMs: number;
  readonly timeline: readonly (TimelineEvent & { readonly atMs: number })[];
  /** The call's leg, then those that a bridge called and that answered. */
  readonly legs: readonly SimulatedLeg[];
  readonly callbacks: readonly SimPost[];
  readonly recordings: readonly SimRecording[];
}

export interface SimulatedLeg {
  readonly id: string;
  readonly info: LegInfo;
  readonly answeredMs?: number;
  readonly endedMs?: number;
  readonly cause?: Cause;
  readonly heard: readonly HeardSpan[];
  readonly joins: readonly JoinSpan[];
  /** Whom it heard before they answered. */
  readonly early: readonly JoinSpan[];
}

/** The id of the simulated call's own leg. */
const LEG_ID = "00000000-0000-4000-a000-000000000001";

/**
 * Performs `flow` without a network, by the interpreter that performs real calls, for a caller who does what `script`
 * says. Time is virtual: minutes of call take milliseconds. The same input gives the same report.
 */
export async function simulate(
  flow: readonly Action[], script: CallerScript, options: SimulationOptions = {},
): Promise<SimulationReport> {
  const clock = options.clock ?? new VirtualClock();
  const call: CallContext = { ...defaultCall, ...options.call };
  const leg = new SimLeg(clock, LEG_ID, { direction: call.direction, from: call.from, to: call.to });
  const world = worldOf(clock, leg, options);
  followScript(script, leg, clock);
  const result = await clock.runUntil(perform(flow, call, leg, world.ports, options.durationMs ?? 5_400_000));
  const { timeline, callbacks, recordings } = world;
  return { result, durationMs: clock.monotonicMs(), timeline, legs: world.legs.map(legReport), callbacks, recordings };
}

const defaultCall: CallContext = {
  callId: "simulation", appid: "1000", from: "15550100", to: "15550199", direction: "outbound",
};

/** The call's time limit, and its end: a flow that is over leaves the leg to whoever started it. */
async function perform(
  flow: readonly Action[], call: CallContext, leg: SimLeg, ports: Ports, durationMs: number,
): Promise<FlowResult> {
  using limit = scope(leg.signal);
  limit.run(async (signal) => {
    await sleep(ports.clock, durationMs, signal);
    await leg.hangup({ reason: "duration", who: "us" });
  });
  const result = await runFlow(flow, call, leg, ports, limit.signal);
  await leg.hangup({ reason: "completed", who: "us" });
  return result;
}

function worldOf(clock: VirtualClock, leg: SimLeg, options: SimulationOptions) {
  const ids = seededIds();
  const legs = [leg];
  const timeline: (TimelineEvent & { readonly atMs: number })[] = [];
  const callbacks: SimPost[] = [];
  const recordings: SimRecording[] = [];
  const ports: Ports = {
    clock,
    ids,
    audio: simAudio(options.audio ?? {}),
    callbacks: simCallbacks(clock, options.callbacks ?? {}, callbacks),
    recordings: simRecordings(clock, ids, recordings),
    streams: simStreams(clock, options.bots ?? {}),
    dialler: simDialler(clock, options.destinations ?? {}, legs),
    timeline: { add: (entry) => void timeline.push({ atMs: clock.monotonicMs(), ...entry }) },
    ...options.ports,
  };
  return { ports, legs, timeline, callbacks, recordings };
}

function legReport(leg: SimLeg): SimulatedLeg {
  const { id, info, answeredMs, endedMs, signal, heard, joins, early } = leg;
  return {
    id, info, heard, joins, early,
    ...(answeredMs !== undefined && { answeredMs }),
    ...(endedMs !== undefined && { endedMs }),
    ...(signal.aborted && { cause: signal.reason }),
  };
}
