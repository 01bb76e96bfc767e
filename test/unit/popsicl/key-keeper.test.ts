import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { updatePublisher } from '../../../apps/popsicl/dns/start-dns.js';
import { StatelessLabels } from '../../../apps/popsicl/pseudonym/stateless-label.js';
import { startRegistrar } from '../../../apps/popsicl/registrar.js';
import { registrarSchema } from '../../../apps/popsicl/registrar-config.js';
import { currentKeyTime, loadKeyRing, rotateKeys } from '../../../apps/popsicl/registry/key-keeper.js';
import { MIGRATIONS } from '../../../apps/popsicl/registry/schema.js';
import type { Timer } from '../../../controller/host/index.js';
import { openMemoryStore, openStore, type Store } from '../../../controller/store/index.js';
import { DAY } from './registry-world.js';

describe('keys that seal pseudonyms', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openMemoryStore(MIGRATIONS);
  });
  afterEach(() => store.close());

  it('are made once and are the same ever after', async () => {
    const first = await loadKeyRing(store, 1000);
    expect(await loadKeyRing(store, 2000)).to.deep.equal(first);
    expect(first.keys).to.have.length(1);
    expect(await currentKeyTime(store)).to.equal(1000);
  });

  it('rotate: the new one seals, and the old one opens until what it sealed is over', async () => {
    let ring = await loadKeyRing(store, 0);
    const { root } = ring;
    const sealed = new StatelessLabels(ring).seal({ ipv4: ['198.51.100.1'], ipv6: [] });
    const isReadable = () => new StatelessLabels(ring).open(sealed) !== undefined;
    ring = await rotateKeys(store, ring, 30 * DAY, 90 * DAY);
    expect(ring.keys.map(key => key.id)).to.deep.equal([0, 1]);
    ring = await rotateKeys(store, ring, 60 * DAY, 90 * DAY);
    ring = await rotateKeys(store, ring, 119 * DAY, 90 * DAY);
    expect(isReadable()).to.equal(true);
    // The first was replaced 90 days ago.
    ring = await rotateKeys(store, ring, 120 * DAY, 90 * DAY);
    expect(ring.keys.map(key => key.id)).to.deep.equal([1, 2, 3, 4]);
    expect(isReadable()).to.equal(false);
    expect(ring.root).to.deep.equal(root);
    expect(await loadKeyRing(store, 0)).to.deep.equal(ring);
  });

  it('rotate for ever: ids come round', async () => {
    let ring = await loadKeyRing(store, 0);
    for (let day = 1; day <= 300; day++) ring = await rotateKeys(store, ring, day * DAY, 2 * DAY);
    expect(ring.keys).to.have.length(3);
    expect(ring.current.id).to.equal(300 % 256);
  });
});

describe('settings of the registrar', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('say when keys rotate', async () => {
    let now = 0;
    const timers: (() => void)[] = [];
    const timer: Timer = { cancel() {} };
    const registrar = await startRegistrar({
      config: registrarSchema.parse({ folder, form: 'stateless' }),
      domain: 'popsicls.test',
      tenants: [{ domain: 'a.example', ipv4: '10.0.0.1', port: 443 }],
      blocks: { ipv4: ['198.51.100.0/24'], ipv6: [] },
      parties: [],
      clock: {
        now: () => now,
        after: () => timer,
        every(_interval, run) {
          timers.push(run);
          return timer;
        },
      },
      log: { write: (_id, _fields, error) => expect.fail(String(error)) },
      metrics: { counter() {}, gauge() {} },
      wallClock: () => now,
    });
    let before: string;
    try {
      before = (await registrar.service.register({ domain: 'a.example', source: 'x' })).name;
      now = 31 * DAY;
      for (const run of timers) run();
      // Calls are answered after the sweep that came before them.
      await registrar.service.sweep();
      const after = await registrar.service.register({ domain: 'a.example', source: 'x' });
      expect(registrar.directory.tenantOfName(after.name)).to.not.equal(undefined);
    } finally {
      await registrar.close();
    }
    const store = await openStore(join(folder, 'popsicl.db'), MIGRATIONS);
    try {
      const ring = await loadKeyRing(store, now);
      expect(ring.keys).to.have.length(2);
      expect(new StatelessLabels(ring).open(before.split('.')[0]!)?.ipv4).to.have.length(1);
    } finally {
      await store.close();
    }
  });

  it('refuse a file that holds no key for updates', async () => {
    const secretFile = join(folder, 'secret');
    const config = registrarSchema.parse({
      folder,
      dns: { update: { server: { address: '127.0.0.1', port: 53 }, key: { name: 'k', secretFile } } },
    });
    const codeOf = () =>
      updatePublisher(config, 'popsicls.test', Date.now).then(
        () => 'no error',
        (error: { code: string; message: string }) => {
          expect(error.message).to.not.contain('not-base64');
          return error.code;
        },
      );
    expect(await codeOf()).to.equal('ENOENT');
    for (const text of ['', 'not-base64!', 'c2hvcnQ=']) {
      await writeFile(secretFile, text);
      expect(await codeOf(), text).to.equal('dns-update-key');
    }
    await writeFile(secretFile, `${Buffer.alloc(32, 5).toString('base64')}\n`);
    expect(await codeOf()).to.equal('no error');
  });
});
