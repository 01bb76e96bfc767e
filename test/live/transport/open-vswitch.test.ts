import { expect } from 'chai';
import type { Message } from '../../../controller/openflow/index.js';
import {
  nextGenerationId,
  OpenflowReplyError,
  requestRole,
  type Session,
  type SessionOptions,
} from '../../../controller/session/index.js';
import { type ConnectionHandler, connect, listen } from '../../../controller/transport/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { rejection } from '../../unit/session/simulation.js';

const FLOW = {
  type: 'flow-mod',
  priority: 77,
  cookie: 0xabcn,
  match: { ethType: 0x0800, ipv4Dst: '192.0.2.1' },
  instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port: 1 }] }],
} as const satisfies Message;

/** A bridge's controller as far as these tests need one. */
class Controller {
  readonly ready: Session[] = [];
  readonly messages: Message[] = [];
  readonly closed: string[] = [];

  readonly handlerFor = (): ConnectionHandler => ({
    ready: session => this.ready.push(session),
    packetIn: () => {},
    message: (_session, message) => this.messages.push(message),
    closed: (_session, reason) => this.closed.push(reason.code),
  });

  /** The session that became ready last, once there have been `count`. */
  async session(count = 1): Promise<Session> {
    await until('a ready session', () => this.ready.length >= count, { timeout: 60_000 });
    return this.ready.at(-1)!;
  }
}

describe('transport with Open vSwitch', () => {
  let sandbox: OvsSandbox;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    sandbox = await OvsSandbox.start();
  });
  after(() => sandbox?.stop());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const name = () => `br${Math.random().toString(36).slice(2, 9)}`;

  /** A bridge that connects to a controller that listens. */
  async function called(bridge: string, session: Partial<SessionOptions> = {}): Promise<Controller> {
    const controller = new Controller();
    const target = sandbox.controllerSocket(bridge);
    const listener = await listen(`p${target}`, controller.handlerFor, { session });
    cleanups.push(() => listener.close());
    await sandbox.addBridge(bridge, { controllers: [target], datapathId: '00000000000000c1' });
    cleanups.push(() => sandbox.vsctl(['del-br', bridge]));
    return controller;
  }

  async function exercise(session: Session, bridge: string): Promise<void> {
    await session.sendChecked(FLOW);
    await session.barrier();
    const { body } = await session.request({
      type: 'multipart-request',
      body: { type: 'flow', cookie: 0xabcn, cookieMask: 0xffff_ffff_ffff_ffffn },
    });
    expect(body.flows).to.have.length(1);
    expect(body.flows[0]).to.deep.include({ priority: 77, cookie: 0xabcn, match: FLOW.match });
    const echo = await session.request({ type: 'echo-request', data: Uint8Array.of(1, 2, 3) });
    expect(echo.data).to.deep.equal(Uint8Array.of(1, 2, 3));
    expect(await sandbox.ofctl(['dump-flows', sandbox.managementSocket(bridge)])).to.contain(
      'nw_dst=192.0.2.1',
    );
  }

  it('serves a bridge that connects to it', async () => {
    const bridge = name();
    const controller = await called(bridge);
    const session = await controller.session();
    expect(session.datapathId).to.equal(0xc1n);
    await exercise(session, bridge);
  });

  it('connects to a bridge that listens', async () => {
    const bridge = name();
    await sandbox.addBridge(bridge, { datapathId: '00000000000000c2' });
    cleanups.push(() => sandbox.vsctl(['del-br', bridge]));
    const controller = new Controller();
    const connector = connect(sandbox.managementSocket(bridge), controller.handlerFor);
    cleanups.push(() => connector.stop());
    const session = await controller.session();
    expect(session.datapathId).to.equal(0xc2n);
    await exercise(session, bridge);
  });

  it('does both over TCP', async () => {
    const [calling, listening] = [name(), name()];
    const script = `
      import { connect, listen } from ${JSON.stringify(new URL('../../../controller/transport/index.js', import.meta.url).href)};
      const handler = { ready: s => s.barrier().then(() => console.log(s.datapathId.toString(16))), packetIn() {}, message() {}, closed() {} };
      await listen('ptcp:6653', () => handler);
      connect('tcp:127.0.0.1:6654', () => handler);`;
    const running = await sandbox.spawn(['node', '--input-type=module', '-e', script]);
    cleanups.push(() => running.stop());
    await sandbox.addBridge(calling, { controllers: ['tcp:127.0.0.1:6653'], datapathId: '00000000000000d1' });
    cleanups.push(() => sandbox.vsctl(['del-br', calling]));
    await sandbox.addBridge(listening, { controllers: ['ptcp:6654'], datapathId: '00000000000000d2' });
    cleanups.push(() => sandbox.vsctl(['del-br', listening]));
    await running.printed(/d1/, 60_000);
    await running.printed(/d2/, 60_000);
  });

  it('joins a flow dump of many messages', async () => {
    const bridge = name();
    const session = await (await called(bridge)).session();
    const flows = Array.from({ length: 3000 }, (_, index): Message => ({ ...FLOW, priority: 1000 + index }));
    expect(await session.sendAll(flows)).to.deep.equal([]);
    const before = session.statistics.messagesIn;
    const { body } = await session.request({ type: 'multipart-request', body: { type: 'flow' } });
    expect(body.flows).to.have.length(3000);
    expect(session.statistics.messagesIn - before).to.be.greaterThan(1);
  });

  it('says which messages of a batch the switch refused, and why', async () => {
    const bridge = name();
    const session = await (await called(bridge)).session();
    const toUnknownGroup: Message = {
      ...FLOW,
      priority: 5,
      instructions: [{ type: 'apply-actions', actions: [{ type: 'group', groupId: 42 }] }],
    };
    const failures = await session.sendAll([FLOW, toUnknownGroup, { ...FLOW, priority: 6 }]);
    expect(failures.map(({ index }) => index)).to.deep.equal([1]);
    const { error } = failures[0]!;
    expect(error)
      .to.be.instanceOf(OpenflowReplyError)
      .and.include({ request: 'flow-mod', errorType: 'bad-action' });
    const { body } = await session.request({ type: 'multipart-request', body: { type: 'flow' } });
    expect(body.flows.map(({ priority }) => priority).sort()).to.deep.equal([6, 77]);
  });

  it('takes and gives up roles with generation ids', async () => {
    const bridge = name();
    const session = await (await called(bridge)).session();
    expect((await requestRole(session, 'master', 10n)).role).to.equal('master');
    const stale = await rejection(requestRole(session, 'master', 9n));
    expect(stale).to.include({ errorType: 'role-request-failed', errorCode: 'stale' });
    const now = await requestRole(session, 'nochange');
    expect(now).to.deep.equal({ role: 'master', generationId: 10n });
    const slave = await requestRole(session, 'slave', nextGenerationId(now.generationId));
    expect(slave.role).to.equal('slave');
    expect(await rejection(session.sendChecked(FLOW))).to.include({ errorCode: 'is-slave' });
  });

  it('keeps a quiet connection alive by echoes', async () => {
    const bridge = name();
    const controller = await called(bridge, { probeAfter: 30, probeTimeout: 10_000 });
    const session = await controller.session();
    await until('five echoes', () => session.statistics.messagesOut >= 7);
    expect(controller.closed).to.deep.equal([]);
  });

  it('refuses a bridge without OpenFlow 1.3 and says so', async () => {
    const bridge = name();
    const controller = new Controller();
    const target = sandbox.controllerSocket(bridge);
    const listener = await listen(`p${target}`, controller.handlerFor);
    cleanups.push(() => listener.close());
    await sandbox.addBridge(bridge, { controllers: [target], protocols: ['OpenFlow10'] });
    cleanups.push(() => sandbox.vsctl(['del-br', bridge]));
    await until('the refusal', () => controller.closed.length > 0, { timeout: 60_000 });
    expect(controller.closed[0]).to.equal('version-incompatible');
  });

  it('gets the bridge back after ovs-vswitchd crashed and came back', async () => {
    const bridge = name();
    const controller = await called(bridge);
    const first = await controller.session();
    const waiting = rejection(first.request({ type: 'experimenter', experimenter: 0x00abcdef, expType: 1 }));
    await sandbox.restartVswitchd('SIGKILL');
    expect(await waiting).to.be.instanceOf(Error);
    const second = await controller.session(2);
    await second.barrier();
    expect(second.datapathId).to.equal(0xc1n);
  });
});
