/** `node take-program.js SOCKET COUNT`: takes addresses from an agent, one every 20 ms, and prints the milliseconds as JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentAddresses } from '../../../apps/mimiq/client/index.js';

const [socket, count] = process.argv.slice(2);
const addresses = new AgentAddresses(socket);
const times: number[] = [];
for (let index = 0; index < Number(count); index++) {
  const began = performance.now();
  const address = await addresses.take(6);
  times.push(performance.now() - began);
  address.release();
  await sleep(20);
}
process.stdout.write(`${JSON.stringify(times)}\n`);
addresses.close();
process.exit(0);
