import { type Session, SessionError } from '../../../controller/session/index.js';
import { connect } from '../../../controller/transport/index.js';
import { OvsSandbox } from '../../../mininet/driver/index.js';

const BRIDGE = 'bench';

/** A bridge of a private Open vSwitch that benchmarks fill with flows. */
export class BridgeUnderTest implements AsyncDisposable {
  private readonly sandbox: OvsSandbox;

  private constructor(sandbox: OvsSandbox) {
    this.sandbox = sandbox;
  }

  static async start(): Promise<BridgeUnderTest> {
    const sandbox = await OvsSandbox.start();
    await sandbox.addBridge(BRIDGE, { datapathId: '00000000000000bb' });
    return new BridgeUnderTest(sandbox);
  }

  /** Where the bridge listens for OpenFlow, as a path. */
  get socket(): string {
    return this.sandbox.managementSocket(BRIDGE).slice('unix:'.length);
  }

  /** A folder that goes with the bridge. */
  get directory(): string {
    return this.sandbox.directory;
  }

  /** A new process without flows, so that what an earlier run left to be freed costs the next one nothing. */
  async renew(): Promise<void> {
    await this.sandbox.restartVswitchd('SIGKILL');
  }

  /** Runs `ovs-ofctl ARGS[0] bench ARGS[1...]`. */
  ofctl([command, ...args]: readonly [string, ...string[]]): Promise<string> {
    return this.sandbox.ofctl(['--timeout=120', command, BRIDGE, ...args]);
  }

  async ofctlBundle([command, ...args]: readonly [string, ...string[]]): Promise<string> {
    return this.sandbox.ofctl(['--timeout=120', '--bundle', command, BRIDGE, ...args]);
  }

  /** Number of flows that the bridge has. */
  async flowCount(): Promise<number> {
    const text = await this.ofctl(['dump-aggregate']);
    return Number(/flow_count=(\d+)/.exec(text)?.[1]);
  }

  /** Gives `work` a session with the bridge that is ready. */
  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    let resolve: (session: Session) => void;
    let reject: (error: Error) => void;
    const ready = new Promise<Session>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    const connector = connect(
      `unix:${this.socket}`,
      () => ({
        ready: session => resolve(session),
        packetIn() {},
        message() {},
        closed: (_session, reason) => reject(reason),
      }),
      { onFailure: error => reject(error) },
    );
    try {
      return await work(await ready);
    } finally {
      await connector.stop(new SessionError('closed', 'The measurement is over.'));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.stop();
  }
}
