/** What it costs that the switch wakes the controller, by the way in which Linux schedules the controller. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { runCommand } from '../../../mininet/driver/index.js';
import { contextSwitchesOf, cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { CloudUnderTest, OBJECTS, type Way } from './cloud-under-test.js';
import { CLIENTS, WARM_UP } from './ways.js';

/** The usual policy, the one that `cloakflow run` asks for, and the usual one with a priority below that of others. */
const SCHEDULINGS = {
  usual: { policy: '--other', nice: 0 },
  batch: { policy: '--batch', nice: 0 },
  nice: { policy: '--other', nice: 3 },
} as const;
type Scheduling = keyof typeof SCHEDULINGS;
const ALL_SCHEDULINGS = Object.keys(SCHEDULINGS) as Scheduling[];

/** For each access by `cookie`. */
export interface SchedulingFigures {
  scheduling: Scheduling;
  controllerWoken: Spread;
  switchInterrupted: Spread;
  controllerMicroseconds: Spread;
  switchMicroseconds: Spread;
  /** Accesses a second against those by HTTPS with client certificate in the same round. */
  ratio: Spread;
  failed: number;
}

export interface SchedulingOptions {
  rounds: number;
  /** Of each way in each round. */
  seconds: number;
  progress: (text: string) => void;
}

/** Counters of controller and switch; of a visit, what each access added to them. */
interface Usage {
  woken: number;
  interrupted: number;
  controllerSeconds: number;
  switchSeconds: number;
}

interface Visit extends Usage {
  perSecond: number;
  failed: number;
}

/** Each round begins with another scheduling. */
export async function measureScheduling(options: SchedulingOptions): Promise<SchedulingFigures[]> {
  const { rounds, seconds, progress } = options;
  await using cloud = await CloudUnderTest.start();
  for (const way of ['certificate', 'cookie'] as const) {
    progress(`warm-up: ${way}`);
    await cloud.visit(way, { path: OBJECTS.small, connections: CLIENTS, count: WARM_UP });
  }
  const runs = new Map<Scheduling, { cookie: Visit; base: Visit }[]>(
    ALL_SCHEDULINGS.map(scheduling => [scheduling, []]),
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < ALL_SCHEDULINGS.length; turn++) {
      const scheduling = ALL_SCHEDULINGS[(round + turn) % ALL_SCHEDULINGS.length]!;
      progress(`round ${round + 1}/${rounds}: ${scheduling}`);
      await schedule(cloud.controller.pid, scheduling);
      const base = await visit(cloud, 'certificate', seconds);
      runs.get(scheduling)!.push({ base, cookie: await visit(cloud, 'cookie', seconds) });
    }
  }
  return ALL_SCHEDULINGS.map(scheduling => {
    const mine = runs.get(scheduling)!;
    const figure = (of: (visit: Visit) => number) => spread(mine.map(({ cookie }) => of(cookie)));
    return {
      scheduling,
      controllerWoken: figure(({ woken }) => woken),
      switchInterrupted: figure(({ interrupted }) => interrupted),
      controllerMicroseconds: figure(({ controllerSeconds }) => controllerSeconds * 1e6),
      switchMicroseconds: figure(({ switchSeconds }) => switchSeconds * 1e6),
      ratio: pairedRatio(
        mine.map(({ cookie }) => cookie.perSecond),
        mine.map(({ base }) => base.perSecond),
      ),
      failed: mine.reduce((sum, { cookie, base }) => sum + cookie.failed + base.failed, 0),
    };
  });
}

/** Of all threads of the process. */
async function schedule(pid: number, scheduling: Scheduling): Promise<void> {
  const { policy, nice } = SCHEDULINGS[scheduling];
  await runCommand(['chrt', policy, '--all-tasks', '--pid', '0', String(pid)], { check: true });
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), nice);
}

async function visit(cloud: CloudUnderTest, way: Way, seconds: number): Promise<Visit> {
  const before = usageOf(cloud);
  const options = { path: OBJECTS.small, connections: CLIENTS, seconds };
  const { perSecond, completed, failed } = await cloud.visit(way, options);
  const after = usageOf(cloud);
  const each = (name: keyof Usage) => (after[name] - before[name]) / completed;
  return {
    ...{ perSecond, failed },
    woken: each('woken'),
    interrupted: each('interrupted'),
    controllerSeconds: each('controllerSeconds'),
    switchSeconds: each('switchSeconds'),
  };
}

function usageOf({ controller, sandbox }: CloudUnderTest): Usage {
  const vswitchd = sandbox.vswitchdPid!;
  return {
    woken: contextSwitchesOf(controller.pid).voluntary,
    interrupted: contextSwitchesOf(vswitchd).involuntary,
    controllerSeconds: cpuSecondsOf(controller.pid),
    switchSeconds: cpuSecondsOf(vswitchd),
  };
}
