import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PseudonymFolder } from '../../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { RunningCommand } from '../../../../mininet/driver/index.js';
import { selfSigned } from './nginx-process.js';
import { CLOUD, KitMaker, temporaryFolder } from './pseudonym-kit.js';
import { itRefusesEverybodyElse, type Subject } from './refusals.js';
import { visit } from './tls-client.js';

const PROGRAM = fileURLToPath(new URL('./node-server-program.js', import.meta.url));

describe('a Node server with contexts by SNI', () => {
  let folder: string;
  let server: RunningCommand;
  let subject: Subject;

  before(async () => {
    folder = temporaryFolder();
    const maker = await KitMaker.create();
    const [p, q] = await Promise.all([maker.make('p1'), maker.make('q1')]);
    const store = new PseudonymFolder(join(folder, 'store'));
    const decoy = selfSigned(folder, 'decoy');
    server = await RunningCommand.spawn([
      process.execPath,
      PROGRAM,
      join(folder, 'store'),
      decoy.cert,
      decoy.key,
    ]);
    const [, port] = await server.printed(/port (\d+)/);
    subject = {
      ...{ port: Number(port), store, maker, p, q, ordinary: [] },
      withoutCertificate: { 'TLSv1.2': 'handshake failure', 'TLSv1.3': 'certificate required' },
      wrongCertificate: /^closed$/,
    };
  });
  after(async () => {
    await server?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await subject.store.put(subject.p.material);
    await subject.store.put(subject.q.material);
  });

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
    describe(`in ${version}`, () => itRefusesEverybodyElse(version, () => subject));

  it('refuses a revoked pseudonym from the next handshake on, also when it was in memory', async () => {
    const { port, p, store } = subject;
    expect((await visit({ port, name: p.name, client: p.client })).status).to.equal(200);
    await store.remove(p.name);
    expect((await visit({ port, name: p.name, client: p.client })).status).to.equal(undefined);
  });

  it('answers 421 to requests for another host than the connection has proven', async () => {
    const { port, p, q } = subject;
    expect((await visit({ port, name: p.name, client: p.client, host: q.name })).status).to.equal(421);
    expect((await visit({ port, name: p.name, client: p.client, host: `${p.name}:443` })).status).to.equal(
      200,
    );
  });

  it('answers 421 where the target names another host than the connection has proven', async () => {
    const { port, p, q } = subject;
    const ask = async (target: string) =>
      (await visit({ port, name: p.name, client: p.client, target })).status;
    for (const target of [`https://${q.name}/`, `https://${p.name}:x@${q.name}/`, 'https://'])
      expect(await ask(target), target).to.equal(421);
    for (const target of [`https://${p.name}/a?b`, `HTTPS://${p.name.toUpperCase()}:443/`, '//x/y'])
      expect(await ask(target), target).to.equal(200);
  });

  it('serves more pseudonyms than it keeps in memory, and long names', async () => {
    const { port, store, maker } = subject;
    const labels = Array.from({ length: 20 }, (_, index) => `many${index}`);
    const kits = await Promise.all([...labels, 'l'.repeat(60)].map(label => maker.make(label)));
    for (const kit of kits) await store.put(kit.material);
    for (const kit of [...kits, ...kits.slice(0, 5)]) {
      const outcome = await visit({ port, name: kit.name, client: kit.client });
      expect(outcome.body).to.equal(`pseudonym ${kit.name}`);
    }
    expect(kits.at(-1)!.name).to.have.lengthOf.above(64).and.include(CLOUD);
  });
});
