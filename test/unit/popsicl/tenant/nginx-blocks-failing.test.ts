import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { TenantError } from '../../../../apps/popsicl/tenant/tenant-error.js';
import { NginxBlocks } from '../../../../apps/popsicl/tenant/web-server/nginx-blocks.js';
import { ReloadBatches } from '../../../../apps/popsicl/tenant/web-server/reload-batches.js';
import { until } from '../../../../mininet/driver/until.js';
import { KitMaker, temporaryFolder } from '../../../live/popsicl/tenant/pseudonym-kit.js';

describe('nginx with a block for each pseudonym, when it cannot be reloaded', () => {
  it('serves what it served before after a renewal, and nothing of a new pseudonym', async () => {
    const folder = join(temporaryFolder(), 'blocks');
    await mkdir(folder);
    try {
      const maker = await KitMaker.create();
      const [old, renewed] = [await maker.make('p'), await maker.make('p')];
      const { name, material } = old;
      const parts = {
        '.key': material.keyPem,
        '.anchor.pem': material.anchorPem,
        '.pem': material.certificatePem,
      };
      for (const [suffix, text] of Object.entries({ ...parts, '.conf': 'a block' }))
        await writeFile(join(folder, name + suffix), text);
      const blocks = new NginxBlocks({
        folder,
        site: '/dev/null',
        host: '127.0.0.1',
        port: 1,
        reload: () => Promise.reject(new TenantError('helper-failed', 'no')),
      });
      for (const kit of [renewed, await maker.make('q')]) {
        const outcome = await blocks.put(kit.material).catch((error: TenantError) => error.code);
        expect(outcome).to.equal('helper-failed');
      }
      expect(await blocks.read(name)).to.deep.equal(material);
      expect((await readdir(folder)).sort()).to.deep.equal(
        ['.anchor.pem', '.conf', '.key', '.pem'].map(suffix => name + suffix).sort(),
      );
      expect(await readFile(join(folder, `${name}.conf`), 'utf8')).to.include(`server_name ${name};`);
    } finally {
      await rm(join(folder, '..'), { recursive: true, force: true });
    }
  });

  it('does not take what a killed agent left for a pseudonym, and removes it', async () => {
    const folder = join(temporaryFolder(), 'blocks');
    await mkdir(folder);
    try {
      const { name, material } = await (await KitMaker.create()).make('half');
      const parts = { '.key': material.keyPem, '.anchor.pem': material.anchorPem };
      for (const [suffix, text] of Object.entries({ ...parts, '.pem': material.certificatePem }))
        await writeFile(join(folder, name + suffix), text);
      let reloads = 0;
      const reload = async () => void reloads++;
      const blocks = new NginxBlocks({ folder, site: '/dev/null', host: '127.0.0.1', port: 1, reload });
      expect(await blocks.names()).to.deep.equal([name]);
      expect(await blocks.read(name)).to.equal(undefined);
      await blocks.remove(name);
      expect(await readdir(folder)).to.deep.equal([]);
      expect(reloads).to.equal(0);
    } finally {
      await rm(join(folder, '..'), { recursive: true, force: true });
    }
  });

  it('does not wait for ever for a reload that hangs, and goes on with the next', async () => {
    let calls = 0;
    const reload = () => (calls++ === 0 ? new Promise<void>(() => {}) : Promise.resolve());
    const batches = new ReloadBatches({ reload, patience: 20 });
    const seen = async () => true;
    expect(await batches.apply(seen).catch((error: TenantError) => error.code)).to.equal('web-server-failed');
    batches.apply(seen).catch(() => undefined);
    await until('the next reload', () => calls === 2);
  });

  it('takes no longer for a change than it may, the reload and its showing together', async () => {
    let isReloaded = () => {};
    const reload = () => new Promise<void>(resolve => (isReloaded = resolve));
    const batches = new ReloadBatches({ reload, patience: 100 });
    const isSeen = async () => performance.now() > start + 150;
    const start = performance.now();
    const code = batches.apply(isSeen).catch((error: TenantError) => error.code);
    setTimeout(isReloaded, 60);
    expect(await code).to.equal('web-server-failed');
  });
});
