import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { allocate } from '../../../apps/mimiq/allocation.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import type { Allocation } from '../../../apps/mimiq/mimiq.js';
import { type AnswerMessage, decodeAnswer, encodeRequest } from '../../../apps/mimiq/protocol/codec.js';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import { hostBackend } from '../../../controller/api/host-backend.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';
import { captured } from '../cli/captured.js';
import { everyKindOfSwitch } from './settings.js';

const HERE = '0000000000000001';
const LEASES = 2;

/** The whole app with its own allocator and store, on switches in memory, and the operator's commands. */
describe('the operator of mimiq', () => {
  let folder: string;
  let simulation: Simulation;
  let allocation: Allocation;
  let here: SimulatedSwitch;
  let server: AdminServer;
  let env: NodeJS.ProcessEnv;
  let lastRequest = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-operator-'));
    const app = mimiqWith(async (...given) => {
      allocation = await allocate(...given);
      return allocation;
    });
    const apps = [{ mimiq: everyKindOfSwitch(join(folder, 'mimiq.db')) }];
    const config = JSON.stringify({ discovery: { enabled: false }, apps });
    simulation = await Simulation.start({ config, apps: [app] });
    here = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3] });
    await simulation.connect(here);
    const path = join(folder, 'control', 'admin.sock');
    server = await startAdminServer(path, hostBackend(simulation.controller));
    env = { CLOAKFLOW_ADMIN: path };
  });
  afterEach(async () => {
    await server.close();
    await simulation.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (port: number, family: 4 | 6, count: number): Promise<AnswerMessage> => {
    const requestId = Buffer.alloc(8);
    requestId.writeUInt32BE(++lastRequest);
    const request = encodeRequest({ requestId, allocate: { family, count } });
    const from = { switchId: HERE, port, mac: 0x0200_0000_0000 + port };
    const source = { address: new Uint8Array(16), port: 5000 };
    let answer: Uint8Array | undefined;
    let isOver = false;
    const work = allocation.requests.udp(request, from, source).then(bytes => {
      answer = bytes;
      isOver = true;
    });
    // The store works in a thread of its own, the switches only when the simulation does.
    while (!isOver) await simulation.settle();
    await work;
    return decodeAnswer(answer!)!;
  };
  const text = async (...args: string[]) => {
    const { code, stdout, stderr } = await captured(['mimiq', ...args], [], env);
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    return stdout.toString();
  };
  const json = async (...args: string[]) => JSON.parse(await text(...args, '--json'));

  it('sees addresses without their holders, and ports without their addresses', async () => {
    await ask(1, 4, 2);
    await ask(2, 6, 3);
    const leases = (await json('leases')) as Record<string, unknown>[];
    expect(leases).to.have.length(5);
    for (const lease of leases) {
      expect(Object.keys(lease).sort()).to.deep.equal(['address', 'expiresAt', 'state']);
      expect(lease.address).to.match(/^(10\.64\.|2001:db8:64:)/);
      expect(lease.state).to.equal('held');
      expect((lease.expiresAt as number) % 60_000, 'to the minute').to.equal(0);
    }
    const table = await text('leases');
    expect(table).to.match(/^address +state +expires\n/);
    expect(table.match(/ held +\d{4}-\d\d-\d\dT\d\d:\d\d\n/g)).to.have.length(5);

    expect(await json('leases', '--ports')).to.deep.equal([
      { switch: HERE, port: 1, addresses: 2 },
      { switch: HERE, port: 2, addresses: 3 },
    ]);
    const ports = await text('leases', '--ports');
    expect(ports).to.match(/^switch +port +addresses\n0{15}1 +1 +2\n0{15}1 +2 +3\n$/);
    for (const shown of [table, ports, JSON.stringify(leases)])
      expect(shown).not.to.match(/02:00|0200000000/);
  });

  it('sees which aliases are valid, in an order that tells nothing of switches', async () => {
    expect(await text('aliases')).to.equal('there are no aliases\n');
    await ask(1, 6, 1);
    const aliases = (await json('aliases')) as { alias: string; state: string }[];
    expect(aliases).to.have.length(4);
    for (const alias of aliases) {
      expect(Object.keys(alias).sort()).to.deep.equal(['alias', 'state', 'validUntil']);
      expect(alias.state).to.equal('new addresses');
    }
    const numbers = aliases.map(({ alias }) => Number(alias));
    expect(numbers).to.deep.equal(numbers.toSorted((one, other) => one - other));
    expect(await text('aliases')).to.match(
      /^alias +used for +valid until\n(0x[\da-f]+ +new addresses +\S+\n){4}$/,
    );
  });

  it('sees how full the pools are', async () => {
    await ask(1, 4, 5);
    const pools = (await json('pools')) as Record<string, unknown>[];
    expect(pools).to.deep.include({ prefix: '10.64.0.0/16', size: 65_533, inUse: 5 });
    expect(pools.map(({ prefix }) => prefix)).to.include('2001:db8:64::/64');
    expect(await text('pools')).to.match(/\n10\.64\.0\.0\/16 +65,533 +5\n/);
  });

  it('is told when nothing is in use, no app has that name, and no controller runs', async () => {
    expect(await text('leases')).to.equal('no address is in use\n');
    expect(await json('leases')).to.deep.equal([]);
    for (const command of ['leases', 'aliases', 'pools']) {
      const unknown = await captured(['mimiq', command, '--instance', 'other', '--json'], [], env);
      expect(unknown.code).to.equal(1);
      expect(JSON.parse(unknown.stderr).error.code).to.equal('unknown-app');
      const nowhere = { CLOAKFLOW_ADMIN: join(folder, 'none.sock') };
      expect((await captured(['mimiq', command], [], nowhere)).code).to.equal(3);
      expect((await captured(['mimiq', command, '--colour'], [], env)).code).to.equal(2);
    }
  });

  it('sees that a switch refuses rules by what its clients get: nothing, while others are served', async () => {
    here.refuse = message => {
      const isLease = message.type === 'flow-mod' && message.tableId === LEASES && message.command === 'add';
      return isLease && inspect(message.instructions, { depth: 9 }).includes('reg4: 1 ')
        ? { errorType: 'flow-mod-failed', errorCode: 'table-full' }
        : undefined;
    };
    expect((await ask(1, 4, 2)).refused?.code).to.equal('rule-refused');
    expect((await ask(2, 4, 2)).granted?.grants).to.have.length(2);
    const states = ((await json('leases')) as { state: string }[]).map(({ state }) => state).sort();
    expect(states, 'refused addresses rest like given back ones').to.deep.equal([
      'held',
      'held',
      'released',
      'released',
    ]);
    here.refuse = () => undefined;
    expect((await ask(1, 4, 2)).granted?.grants).to.have.length(2);
  });
});
