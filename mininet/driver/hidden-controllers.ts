import { join } from 'node:path';

/** Runs ovs-vsctl, and returns what it printed. */
type Vsctl = (args: readonly string[]) => Promise<string>;

/**
 * Sends the bridges of one Open vSwitch whose controller is at one of `targets` to places in `folder` where nobody listens. Calling
 * what it returns sends them back, whereupon they look at once. By itself a bridge that has found nobody looks again after
 * 1, 2, 4, then 8 seconds: Open vSwitch 3.1 takes `max_backoff` up only where a bridge changes while it is connected.
 */
export async function hideControllers(
  vsctl: Vsctl,
  targets: readonly string[],
  folder: string,
): Promise<() => Promise<void>> {
  const rows = await vsctl(['--format=json', '--columns=_uuid,target', 'list', 'Controller']);
  const { data } = JSON.parse(rows) as { data: [[kind: string, id: string], target: string][] };
  const own = data.filter(([, target]) => targets.includes(target));
  if (own.length === 0) return async () => {};
  const look = (where: (target: string, index: number) => string) =>
    vsctl(
      own.flatMap(([[, id], target], index) => [
        ...['--', 'set', 'Controller', id, `target="${where(target, index)}"`],
      ]),
    );
  await look((_, index) => `unix:${join(folder, `nobody${index}`)}`);
  return async () => {
    await look(target => target);
  };
}
