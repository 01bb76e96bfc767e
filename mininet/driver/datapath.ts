import { existsSync } from 'node:fs';
import { runCommand } from './run-command.js';

/** `system`: the kernel module; `netdev`: Open vSwitch's own, in user space. */
export type DatapathType = 'system' | 'netdev';

/** The faster datapath that this machine has; loads the kernel module where it is there to be loaded. */
export async function bestDatapath(): Promise<DatapathType> {
  if (existsSync('/sys/module/openvswitch')) return 'system';
  try {
    const { exitCode } = await runCommand(['modprobe', '-q', 'openvswitch']);
    return exitCode === 0 ? 'system' : 'netdev';
  } catch {
    return 'netdev';
  }
}
