import type { DecodedMessage, PacketInView } from '../openflow/index.js';
import { type Session, SessionError } from '../session/index.js';
import { cookieHighOf, datapathIdText, type Features, HOST_OWNER, type Switch } from '../switch/index.js';
import type { ConnectionHandler } from '../transport/index.js';
import type { Controller } from './controller.js';
import type { RunningApp } from './running-app.js';

/** How long the connected switch of the same id may take to show that it is alive, in milliseconds. */
const TWIN_TIMEOUT = 2000;
const HOST_COOKIE = cookieHighOf(HOST_OWNER);

/** What the host does with one connection: from the handshake of a switch to its end. */
export class SwitchConnection implements ConnectionHandler {
  private readonly controller: Controller;
  private readonly peer: string;
  private readonly apps: ReadonlyMap<number, RunningApp>;
  /** Set while the switch is announced to apps. */
  private sw: Switch | undefined;

  constructor(controller: Controller, peer: string) {
    this.controller = controller;
    this.peer = peer;
    this.apps = controller.appsByCookie;
  }

  ready(session: Session): void {
    this.welcome(session).catch(error => {
      if (session.state === 'closed') return;
      const switchId = datapathIdText(session.datapathId!);
      this.controller.log.write(
        'switch-refused',
        { switch: switchId, peer: this.peer, reason: 'no-answer' },
        error,
      );
      session.close(new SessionError('closed', 'The switch did not answer the first questions.'));
    });
  }

  packetIn(_session: Session, view: PacketInView): void {
    const { sw } = this;
    if (sw === undefined) return;
    const cookieHigh = view.cookieHigh;
    const app = this.apps.get(cookieHigh);
    if (app !== undefined) app.packetIn(sw, view);
    else if (cookieHigh === HOST_COOKIE) this.controller.discovery.received(sw, view.inPort, view.data);
    else this.controller.counts.strayPacketIns++;
  }

  message(_session: Session, message: DecodedMessage): void {
    if (this.sw !== undefined) this.controller.switchMessage(this.sw, message);
  }

  closed(session: Session, reason: SessionError): void {
    const { sw, controller } = this;
    this.sw = undefined;
    if (session.datapathId !== undefined) controller.connectionEnded(session);
    if (sw !== undefined) controller.switchDown(sw, reason);
    else controller.log.write('connection-closed', { peer: this.peer, reason: reason.code }, reason);
  }

  private async welcome(session: Session): Promise<void> {
    const { controller } = this;
    const datapathId = session.datapathId!;
    const features = session.features! as Features;
    const id = datapathIdText(datapathId);
    if (features.nTables < controller.tableCount) {
      const reason = `it has ${features.nTables} tables, the apps need ${controller.tableCount}`;
      controller.log.write('switch-refused', { switch: id, peer: this.peer, reason });
      session.close(new SessionError('closed', `The switch was refused: ${reason}.`));
      return;
    }
    if (!(await this.claim(session, datapathId, id))) return;
    await this.announce(session, features, datapathId);
  }

  /** Makes this the one connection of its datapath id: a twin that is alive wins. */
  private async claim(session: Session, datapathId: bigint, id: string): Promise<boolean> {
    const { controller } = this;
    const twin = controller.sessions.get(datapathId);
    if (twin !== undefined && twin.state !== 'closed') {
      const isAlive = await twin
        .request({ type: 'echo-request', data: new Uint8Array() }, { timeout: TWIN_TIMEOUT })
        .then(
          () => true,
          () => false,
        );
      if (session.state === 'closed') return false;
      const rival = controller.sessions.get(datapathId);
      if (isAlive || (rival !== undefined && rival !== twin)) {
        controller.log.write('switch-duplicate', { switch: id, peer: this.peer });
        session.close(new SessionError('duplicate-datapath', `Another switch is connected as ${id}.`));
        return false;
      }
      twin.close(
        new SessionError('connection-lost', 'The switch connected again and this connection is dead.'),
      );
      controller.log.write('switch-replaced', { switch: id, peer: this.peer });
    }
    controller.sessions.set(datapathId, session);
    return true;
  }

  /** Asks who the switch is and what it has, tells the apps, and brings it to what they want. */
  private async announce(session: Session, features: Features, datapathId: bigint): Promise<void> {
    const { controller } = this;
    const [ports, description] = await Promise.all([
      session.request({ type: 'multipart-request', body: { type: 'port-desc' } }),
      session.request({ type: 'multipart-request', body: { type: 'desc' } }).catch(() => undefined),
    ]);
    const sw = controller.switches.obtain(datapathId);
    sw.attach(session, {
      features,
      ports: ports.body.ports,
      description: description?.body,
      peer: this.peer,
    });
    try {
      const actual = await sw.readActual();
      this.sw = sw;
      controller.switchUp(sw, actual);
      const counts = await sw.reconcile(actual);
      controller.log.write('switch-connected', { switch: sw.id, peer: this.peer, ...counts });
    } catch (error) {
      if (this.sw === undefined && sw.currentSession === session) sw.detach();
      if (session.state === 'closed') return;
      controller.log.write('reconcile-failed', { switch: sw.id, peer: this.peer }, error);
      session.close(new SessionError('closed', 'The switch could not be brought to the wanted flows.'));
    }
  }
}
