import type { DecodedMessage, PacketInView } from '../openflow/index.js';
import { OpenflowReplyError, type Session, SessionError } from '../session/index.js';
import {
  type ActualFlow,
  datapathIdText,
  type Features,
  HOST_OWNER,
  ownerOfCookieHigh,
  type PortStatus,
  type Switch,
} from '../switch/index.js';
import type { ConnectionHandler, PeerCertificate } from '../transport/index.js';
import type { Connections, HostConnection } from './connections.js';
import { PortLimits } from './port-limits.js';
import { takeRole, type WantedRole } from './role.js';
import type { RunningApp } from './running-app.js';

/** How long the connected switch of the same id may take to show that it is alive, in milliseconds. */
const TWIN_TIMEOUT = 2000;

/** What the host does with one connection: from the handshake of a switch to its end. */
export class SwitchConnection implements ConnectionHandler, HostConnection {
  /** Set while the switch is announced to apps. */
  sw: Switch | undefined;
  /** The switch does not read what it is sent. */
  isBlocked = false;

  private readonly connections: Connections;
  private readonly peer: string;
  private readonly certificate: PeerCertificate | undefined;
  private readonly apps: ReadonlyMap<number, RunningApp>;
  private readonly packetIns: Connections['packetIns'];
  private readonly portLimits: PortLimits | undefined;
  /** Set once this is the one connection of its datapath id. */
  private session: Session | undefined;
  private role: WantedRole = 'equal';
  /** While the switch tells about itself: the last change of each port, which its answer may be older than. */
  private earlyPorts: Map<number, PortStatus> | undefined;
  /** Changes of the role happen one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(connections: Connections, peer: string, certificate?: PeerCertificate) {
    this.connections = connections;
    this.peer = peer;
    this.certificate = certificate;
    this.apps = connections.appsByOwner;
    this.packetIns = connections.packetIns;
    const limit = connections.policy.limits.packetInsPerPort;
    this.portLimits = limit === undefined ? undefined : new PortLimits(limit);
  }

  ready(session: Session): void {
    this.welcome(session).catch(error => {
      if (session.state === 'closed') return;
      const switchId = datapathIdText(session.datapathId!);
      const reason = error instanceof OpenflowReplyError ? 'refused' : 'no-answer';
      this.connections.log.write('switch-refused', { switch: switchId, peer: this.peer, reason }, error);
      session.close(new SessionError('closed', 'The switch did not answer the first questions.'));
    });
  }

  packetIn(_session: Session, view: PacketInView): void {
    const { sw } = this;
    if (sw === undefined) return;
    if (this.portLimits !== undefined && !this.portLimits.admits(view.inPort, performance.now())) {
      this.connections.counts.limitedPacketIns++;
      return;
    }
    const owner = ownerOfCookieHigh(view.cookieHigh);
    const app = this.apps.get(owner);
    if (app !== undefined) this.packetIns.deliver(app, this, view);
    else if (owner === HOST_OWNER) this.packetIns.deliver(this.connections.probes, this, view);
    else this.connections.counts.strayPacketIns++;
  }

  message(_session: Session, message: DecodedMessage): void {
    if (isDemotion(message)) this.demoted();
    if (this.sw !== undefined) this.connections.switchMessage(this.sw, message);
    else if (message.type === 'port-status') this.earlyPorts?.set(message.desc.portNo, message);
  }

  congested(_session: Session, congested: boolean): void {
    if (congested === this.isBlocked) return;
    this.isBlocked = congested;
    if (congested) this.packetIns.hold();
    else this.packetIns.release();
  }

  closed(session: Session, reason: SessionError): void {
    const { sw, connections } = this;
    this.sw = undefined;
    this.session = undefined;
    this.congested(session, false);
    this.packetIns.forget(this);
    connections.ended(this, session);
    if (sw !== undefined) connections.switchDown(sw, reason);
    else connections.log.write('connection-closed', { peer: this.peer, reason: reason.code }, reason);
  }

  private async welcome(session: Session): Promise<void> {
    const { connections } = this;
    const datapathId = session.datapathId!;
    const features = session.features! as Features;
    const id = datapathIdText(datapathId);
    if (!this.isPinned(session)) return;
    if (features.nTables < connections.tableCount) {
      const reason = `it has ${features.nTables} tables, the apps need ${connections.tableCount}`;
      connections.log.write('switch-refused', { switch: id, peer: this.peer, reason });
      session.close(new SessionError('closed', `The switch was refused: ${reason}.`));
      return;
    }
    if (!(await this.claim(session, datapathId, id))) return;
    this.session = session;
    connections.began(this);
    await this.takeRole(connections.policy.role);
  }

  /** Holds the connection to a changed configuration. */
  reconsider(): void {
    const { session } = this;
    if (session === undefined || !this.isPinned(session)) return;
    this.takeRole(this.connections.policy.role).catch(error => {
      const fields = { switch: datapathIdText(session.datapathId!), peer: this.peer };
      if (session.state !== 'closed') this.connections.log.write('role-refused', fields, error);
    });
  }

  /** Closes the session of a switch that does not show its certificate. */
  private isPinned(session: Session): boolean {
    const { connections, certificate, peer } = this;
    const refusal = connections.policy.pins.refusal(session.datapathId!, certificate);
    if (refusal === undefined) return true;
    const reason = 'certificate-not-pinned';
    connections.counts.unpinned++;
    const times = connections.refusals.count(String(session.datapathId));
    if (times !== undefined) {
      const error = new SessionError(reason, refusal);
      connections.log.write(
        'switch-unpinned',
        { switch: datapathIdText(session.datapathId!), peer, reason, times },
        error,
      );
    }
    session.close(new SessionError(reason, refusal));
    return false;
  }

  /** Takes a role; the switch is announced to apps while it is one that may change flows. */
  private takeRole(role: WantedRole): Promise<void> {
    const run = async () => {
      const { session } = this;
      if (session === undefined) return;
      if (role !== 'equal' || this.role !== 'equal') {
        const granted = await takeRole(session, role);
        this.role = granted.role as WantedRole;
        const { id, generation } = {
          id: datapathIdText(session.datapathId!),
          generation: granted.generationId,
        };
        this.connections.log.write('role-taken', { switch: id, role, generation: String(generation) });
      }
      if (this.role === 'slave') this.withdraw();
      else if (this.sw === undefined) await this.announce(session);
      else this.sw.role = this.role;
    };
    const result = this.turn.then(run);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Another controller has become master. */
  private demoted(): void {
    if (this.role === 'slave' || this.session === undefined) return;
    this.role = 'slave';
    this.connections.log.write('role-lost', { switch: datapathIdText(this.session.datapathId!) });
    this.withdraw();
  }

  /** Takes the switch from the apps; the connection goes on. */
  private withdraw(): void {
    const { sw } = this;
    this.sw = undefined;
    this.packetIns.forget(this);
    if (sw === undefined) return;
    sw.role = 'slave';
    this.connections.switchDown(sw);
  }

  private async setAsynchronous(session: Session): Promise<void> {
    const { asynchronous } = this.connections.policy;
    if (asynchronous === undefined) return;
    const now = await session.request({ type: 'get-async-request' });
    const { packetIn, portStatus, flowRemoved } = asynchronous;
    await session.sendChecked({
      ...now,
      type: 'set-async',
      packetInMaskMaster: packetIn ?? now.packetInMaskMaster,
      portStatusMaskMaster: portStatus ?? now.portStatusMaskMaster,
      flowRemovedMaskMaster: flowRemoved ?? now.flowRemovedMaskMaster,
    });
  }

  /** Makes this the one connection of its datapath id: a twin that is alive wins. */
  private async claim(session: Session, datapathId: bigint, id: string): Promise<boolean> {
    const { connections } = this;
    const twin = connections.sessions.get(datapathId);
    if (twin !== undefined && twin.state !== 'closed') {
      const isAlive = await twin
        .request({ type: 'echo-request', data: new Uint8Array() }, { timeout: TWIN_TIMEOUT })
        .then(
          () => true,
          () => false,
        );
      if (session.state === 'closed') return false;
      const rival = connections.sessions.get(datapathId);
      if (isAlive || (rival !== undefined && rival !== twin)) {
        connections.log.write('switch-duplicate', { switch: id, peer: this.peer });
        session.close(new SessionError('duplicate-datapath', `Another switch is connected as ${id}.`));
        return false;
      }
      twin.close(
        new SessionError('connection-lost', 'The switch connected again and this connection is dead.'),
      );
      connections.log.write('switch-replaced', { switch: id, peer: this.peer });
    }
    connections.sessions.set(datapathId, session);
    return true;
  }

  /** Asks who the switch is and what it has, tells the apps, and brings it to what they want. */
  private async announce(session: Session): Promise<void> {
    const { connections } = this;
    const datapathId = session.datapathId!;
    const features = session.features! as Features;
    await this.setAsynchronous(session);
    this.earlyPorts = new Map();
    const [ports, description, meters] = await Promise.all([
      session.request({ type: 'multipart-request', body: { type: 'port-desc' } }),
      session.request({ type: 'multipart-request', body: { type: 'desc' } }).catch(() => undefined),
      session.request({ type: 'multipart-request', body: { type: 'meter-features' } }).catch(() => undefined),
    ]);
    const sw = connections.switches.obtain(datapathId);
    sw.attach(session, {
      features,
      ports: ports.body.ports,
      description: description?.body,
      meters: meters?.body,
      role: this.role,
      peer: this.peer,
    });
    try {
      const take = (owner: number, flow: ActualFlow) => connections.survivor(sw, owner, flow);
      const actual = await sw.readActual(connections.takesSurvivors ? { take } : {});
      for (const status of this.earlyPorts.values()) sw.portStatus(status);
      this.earlyPorts = undefined;
      if (this.role === 'slave') {
        sw.detach();
        return;
      }
      this.sw = sw;
      connections.switchUp(sw, actual);
      const counts = await sw.reconcile(actual);
      connections.log.write('switch-connected', { switch: sw.id, peer: this.peer, ...counts });
    } catch (error) {
      if (this.sw === undefined && sw.currentSession === session) sw.detach();
      if (session.state === 'closed') return;
      connections.log.write('reconcile-failed', { switch: sw.id, peer: this.peer }, error);
      session.close(new SessionError('closed', 'The switch could not be brought to the wanted flows.'));
    }
  }
}

/**
 * Whether a message says that this controller is a slave now: the ONF's role status, or the refusal of a
 * change.
 */
function isDemotion(message: DecodedMessage): boolean {
  if (message.type === 'onf-role-status') return message.role === 'slave';
  return message.type === 'error' && message.errorType === 'bad-request' && message.errorCode === 'is-slave';
}
