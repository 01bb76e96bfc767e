/** Allocates over the store at PATH as fast as it can until it is killed: `ADDRESS MAC` a line for what a client is told. */
import { SqliteLeaseStore } from '../../../apps/mimiq/store/sqlite-lease-store.js';
import { client, FakeNetwork } from './fake-network.js';

const [path = '', round = ''] = process.argv.slice(2);
const network = await FakeNetwork.start(
  { ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }], limits: { perPort: 100_000 } },
  await SqliteLeaseStore.open(path),
);
const base = Number(round) * 1_000_000;
const worker = async (lane: number) => {
  for (let number = lane; ; number += 8) {
    const attachment = client(base + number);
    const [lease] = await network.allocate(attachment, 1, 'one');
    process.stdout.write(`${lease!.address.join('.')} ${attachment.mac}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, (_, lane) => worker(lane)));
