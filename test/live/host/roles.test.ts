import { expect } from 'chai';
import { z } from 'zod';
import { type AppDefinition, defineApp, parseConfig } from '../../../controller/host/index.js';
import { requestRole } from '../../../controller/session/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from './live-controller.js';

/** One of two controllers; its app wants one flow and notes what it hears. */
class Candidate {
  live!: LiveController;
  readonly events: string[] = [];
  sw: Switch | undefined;
  private readonly sandbox: OvsSandbox;
  private readonly socket: string;
  private readonly app: AppDefinition;

  constructor(sandbox: OvsSandbox, socket: string) {
    this.sandbox = sandbox;
    this.socket = socket;
    this.app = defineApp({
      name: 'marker',
      summary: 'Wants one flow with the name of its controller.',
      config: z.strictObject({ priority: z.int() }),
      tables: [{ name: 'all', miss: 'own' }],
      endsPipeline: true,
      start: context => ({
        switchUp: sw => {
          this.sw = sw;
          this.events.push(`up as ${sw.role}`);
          const { priority } = context.config as { priority: number };
          context.wanted(sw).setFlow('mark', { tableId: context.table('all'), priority });
        },
        switchDown: sw => {
          this.events.push(`down as ${sw.role}`);
        },
      }),
    });
  }

  config(role: string, priority: number): string {
    return `{role: ${role}, apps: [{marker: {priority: ${priority}}}], discovery: {enabled: false}}`;
  }

  async start(role: string, priority: number): Promise<void> {
    this.live = await startController(this.sandbox, [this.socket], this.config(role, priority), [this.app]);
  }

  async become(role: string, priority: number): Promise<void> {
    const { controller } = this.live;
    const config = await parseConfig(this.config(role, priority), { builtIn: [this.app] });
    await controller.apply({ ...config, listen: [...controller.listening] });
  }

  logged(id: string): number {
    return this.live.log.filter(record => record.id === id).length;
  }
}

describe('roles of two controllers on one Open vSwitch', () => {
  let sandbox: OvsSandbox;
  let first: Candidate;
  let second: Candidate;

  before(async () => {
    sandbox = await OvsSandbox.start();
    const controllers = ['a', 'b'].map(name => sandbox.controllerSocket(name));
    await sandbox.addBridge('br0', { controllers, datapathId: '00000000000000e1' });
  });
  beforeEach(() => {
    first = new Candidate(sandbox, 'a');
    second = new Candidate(sandbox, 'b');
  });
  afterEach(async () => {
    await first.live?.stop();
    await second.live?.stop();
    await sandbox.restartVswitchd();
  });
  after(() => sandbox?.stop());

  const flows = async () =>
    [...(await sandbox.ofctl(['dump-flows', 'br0'])).matchAll(/priority=(\d+)/g)].map(match => match[1]);

  it('leave the flows to the master; the slave stands by and does nothing', async () => {
    await first.start('master', 11);
    await first.live.compared();
    await second.start('slave', 22);
    await until('the slave', () => second.logged('role-taken') === 1);
    expect(first.events).to.deep.equal(['up as master']);
    expect(second.events).to.deep.equal([]);
    expect(second.live.controller.connected.size).to.equal(0);
    expect(await flows()).to.deep.equal(['11']);
    const [session] = second.live.controller.connections.sessions.values();
    expect((await requestRole(session!, 'nochange')).role).to.equal('slave');
  });

  it('change hands when the slave becomes master, without a connection being lost, and back', async () => {
    await first.start('master', 11);
    await first.live.compared();
    await second.start('slave', 22);
    await until('the slave', () => second.logged('role-taken') === 1);
    await second.become('master', 22);
    await second.live.compared();
    await until('the first to hear of it', () => first.logged('role-lost') === 1);
    expect(second.events).to.deep.equal(['up as master']);
    expect(first.events).to.deep.equal(['up as master', 'down as slave']);
    expect(first.sw!.role).to.equal('slave');
    expect(await flows()).to.deep.equal(['22']);

    await first.become('master', 11);
    await first.live.compared();
    await until('the second to hear of it', () => second.logged('role-lost') === 1);
    expect(first.events.at(-1)).to.equal('up as master');
    expect(await flows()).to.deep.equal(['11']);
    expect(first.logged('switch-disconnected') + second.logged('switch-disconnected')).to.equal(0);
  });

  it('cannot be taken with a generation id that is behind', async () => {
    await first.start('master', 11);
    await first.live.compared();
    const [session] = first.live.controller.connections.sessions.values();
    const { generationId } = await requestRole(session!, 'nochange');
    await second.start('equal', 11);
    await second.live.compared();
    const [other] = second.live.controller.connections.sessions.values();
    await requestRole(other!, 'master', generationId + 100n);
    await until('the demotion', () => first.logged('role-lost') === 1);
    const stale = await requestRole(session!, 'master', generationId + 1n).then(
      () => undefined,
      error => error,
    );
    expect(stale).to.include({ errorType: 'role-request-failed', errorCode: 'stale' });
    await first.become('master', 11);
    await first.live.compared();
    expect((await requestRole(session!, 'nochange')).generationId).to.equal(generationId + 101n);
  });

  it('are equal when nobody asks for more', async () => {
    await first.start('equal', 11);
    await second.start('equal', 11);
    await Promise.all([first.live.compared(), second.live.compared()]);
    expect(first.events).to.deep.equal(['up as equal']);
    expect(second.events).to.deep.equal(['up as equal']);
    expect(first.logged('role-taken')).to.equal(0);
  });
});
