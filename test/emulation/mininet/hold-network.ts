/** Builds the network of the topology in argv[2], prints what it consists of as JSON, and waits to be killed. */
import { emulate } from '../../../mininet/driver/index.js';

const network = await emulate(JSON.parse(process.argv[2]!));
const host = network.host('a');
// A daemon that has left its session and its parent.
const { stdout } = await host.run(['sh', '-c', 'setsid sleep 1000 > /dev/null 2>&1 & echo $!']);
const running = await host.spawn(['sleep', '1000']);
const pids = [host.pid, Number(stdout), running.pid, ...[...network.switches.values()].map(({ pid }) => pid)];
console.log(JSON.stringify({ id: network.id, pids: pids.filter(pid => pid !== undefined) }));
setInterval(() => {}, 1000);
