/** How long a connected switch with many flows takes to be brought to what is wanted. */
import type { FlowMod } from '../../../controller/openflow/index.js';
import type { Session } from '../../../controller/session/index.js';
import {
  type ChangeCounts,
  cookieOf,
  type Features,
  type Owner,
  Switch,
} from '../../../controller/switch/index.js';
import { type Spread, spread } from '../../../mininet/report/statistics.js';
import { BridgeUnderTest } from './bridge-under-test.js';
import { FLOW_PRIORITY, flowInstructions, flowMatch } from './flow-set.js';

export interface ReconciliationFigures {
  situation: string;
  /** To ask the switch for what it has, and to read the answer. */
  readSeconds: Spread;
  /** To compare, and to send and carry out the changes. */
  changeSeconds: Spread;
  changes: ChangeCounts;
  messagesSent: number;
  messagesReceived: number;
}

export interface Reconciliation {
  flows: number;
  rounds: number;
  /** To state all flows, once, before a switch is there. */
  stateSeconds: Spread;
  figures: ReconciliationFigures[];
}

interface Situation {
  name: string;
  /** Makes the bridge differ. */
  prepare(bridge: BridgeUnderTest, flows: number): Promise<void>;
}

interface Sample {
  read: number;
  change: number;
  changes: ChangeCounts;
  messagesSent: number;
  messagesReceived: number;
}

const OWNER: Owner = { number: 1, name: 'bench', tables: new Set([0]) };
const SITUATIONS: readonly Situation[] = [
  { name: 'all flows missing', prepare: bridge => bridge.renew() },
  { name: 'nothing to do', prepare: async () => {} },
  { name: '1 % different', prepare: disturb },
];

export async function measureReconciliation(
  rounds: number,
  flows: number,
  progress: (text: string) => void,
): Promise<Reconciliation> {
  await using bridge = await BridgeUnderTest.start();
  const samples = new Map(SITUATIONS.map(situation => [situation, [] as Sample[]]));
  const stated: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const { wanted, seconds } = wantFlows(flows);
    stated.push(seconds);
    for (const [situation, all] of samples) {
      progress(`round ${round}/${rounds}: ${situation.name}`);
      await situation.prepare(bridge, flows);
      all.push(await bridge.withSession(session => reconcile(wanted, session)));
      const installed = await bridge.flowCount();
      if (installed !== flows)
        throw new Error(`${situation.name}: ${installed} of ${flows} flows afterwards`);
    }
  }
  const figures = [...samples].map(([situation, all]) => {
    const { changes, messagesSent, messagesReceived } = all.at(-1)!;
    return {
      situation: situation.name,
      readSeconds: spread(all.map(sample => sample.read)),
      changeSeconds: spread(all.map(sample => sample.change)),
      changes,
      messagesSent,
      messagesReceived,
    };
  });
  return { flows, rounds, stateSeconds: spread(stated), figures };
}

/** A switch that is not there, of which `count` flows are wanted. */
function wantFlows(count: number): { wanted: Switch; seconds: number } {
  const begin = process.hrtime.bigint();
  const wanted = new Switch(0xbbn, {
    foreignFlows: 'keep',
    failed: error => {
      throw error;
    },
  });
  const state = wanted.wanted(OWNER);
  for (let index = 0; index < count; index++) {
    state.setFlow(`${index}`, {
      tableId: 0,
      priority: FLOW_PRIORITY,
      match: flowMatch(index),
      instructions: flowInstructions(),
    });
  }
  return { wanted, seconds: secondsSince(begin) };
}

async function reconcile(wanted: Switch, session: Session): Promise<Sample> {
  const sentBefore = session.statistics.messagesOut;
  const receivedBefore = session.statistics.messagesIn;
  wanted.attach(session, {
    features: session.features as Features,
    ports: [],
    description: undefined,
    peer: 'the benchmark',
  });
  try {
    const begin = process.hrtime.bigint();
    const actual = await wanted.readActual({ timeout: 60_000 });
    const read = secondsSince(begin);
    const compared = process.hrtime.bigint();
    const changes = await wanted.reconcile(actual);
    return {
      read,
      change: secondsSince(compared),
      changes,
      messagesSent: session.statistics.messagesOut - sentBefore,
      messagesReceived: session.statistics.messagesIn - receivedBefore,
    };
  } finally {
    wanted.detach();
  }
}

/** Of every 300 flows one is removed, one does something else, and one that nobody wants is added. */
async function disturb(bridge: BridgeUnderTest, flows: number): Promise<void> {
  const step = 300;
  const messages: FlowMod[] = [];
  const own = { type: 'flow-mod', priority: FLOW_PRIORITY } as const;
  for (let index = 0; index + step <= flows; index += step) {
    messages.push(
      { ...own, command: 'delete-strict', match: flowMatch(index) },
      {
        ...own,
        command: 'modify-strict',
        match: flowMatch(index + 1),
        instructions: flowInstructions(3),
      },
      {
        ...own,
        cookie: cookieOf(OWNER.number),
        match: flowMatch(flows + index),
        instructions: flowInstructions(),
      },
    );
  }
  const failures = await bridge.withSession(session => session.sendAll(messages));
  if (failures.length > 0) throw failures[0]!.error;
}

function secondsSince(begin: bigint): number {
  return Number(process.hrtime.bigint() - begin) / 1e9;
}
