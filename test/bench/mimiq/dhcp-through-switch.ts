import { fileURLToPath } from 'node:url';
import { OvsSandbox, type RunningCommand, type SandboxHost } from '../../../mininet/driver/index.js';
import { CLIENT, SERVER } from './perfdhcp.js';

const PROGRAM = fileURLToPath(new URL('./dhcp-controller.js', import.meta.url));
const BRIDGE = 'br0';
const DATAPATH = '00000000000000d4';

/** An Open vSwitch of its own (userspace datapath) between perfdhcp and a server. */
export class DhcpSwitch implements AsyncDisposable {
  readonly client: SandboxHost;
  private readonly sandbox: OvsSandbox;

  private constructor(sandbox: OvsSandbox, client: SandboxHost) {
    this.sandbox = sandbox;
    this.client = client;
  }

  static async create(): Promise<DhcpSwitch> {
    const sandbox = await OvsSandbox.start();
    try {
      await sandbox.addBridge(BRIDGE, { datapathId: DATAPATH });
      const client = await sandbox.addHost(BRIDGE, { addresses: [`${CLIENT}/16`] });
      return new DhcpSwitch(sandbox, client);
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
  }

  get vswitchdPid(): number {
    return this.sandbox.vswitchdPid!;
  }

  /** The controller; without a store it answers at once. Its own address is known: nobody asks for it. */
  async control(store: string): Promise<RunningCommand> {
    const socket = this.sandbox.controllerSocket(BRIDGE);
    await this.client.namespace.script([`ip neigh add ${SERVER} lladdr 02:c1:0a:00:00:01 dev eth0`]);
    const running = await this.sandbox.spawn([process.execPath, PROGRAM, socket, DATAPATH, store]);
    await this.sandbox.vsctl(['set-controller', BRIDGE, socket]);
    return running;
  }

  /** A server behind another port, which frames are forwarded to. */
  async serve(argv: readonly string[]): Promise<RunningCommand> {
    await this.sandbox.ofctl(['add-flow', BRIDGE, 'actions=NORMAL']);
    const host = await this.sandbox.addHost(BRIDGE, { addresses: [`${SERVER}/16`] });
    return host.spawn(argv);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.stop();
  }
}
