import { existsSync, readlinkSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import { CapabilityFolder } from '../../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { DurableFolder } from '../../../../apps/popsicl/tenant/web-server/durable-folder.js';
import { NginxBlocks } from '../../../../apps/popsicl/tenant/web-server/nginx-blocks.js';
import { PseudonymFolder } from '../../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { type Kit, KitMaker } from '../../../live/popsicl/tenant/pseudonym-kit.js';

describe('what an agent has answered for outlasts a power cut', () => {
  let folder: string;
  let kit: Kit;
  /** What was in the folder at each fsync of it. */
  const synced: string[][] = [];
  let prototype: FileHandle;
  let sync: FileHandle['sync'];

  before(async () => {
    kit = await (await KitMaker.create()).make('p');
    const handle = await open('/dev/null');
    prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    sync = prototype.sync;
    prototype.sync = async function (this: FileHandle) {
      const path = readlinkSync(`/proc/self/fd/${this.fd}`);
      await sync.call(this);
      if (path === folder) synced.push((await readdir(folder)).sort());
    };
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-durable-'));
    synced.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  after(() => {
    prototype.sync = sync;
  });

  it('a pseudonym and its end, in a folder that the web server looks into', async () => {
    const web = new PseudonymFolder(folder);
    await web.put(kit.material);
    await web.remove(kit.name);
    expect(synced).to.deep.equal([[`${kit.name}.pem`], []]);
  });

  it('a capability and its end', async () => {
    const capabilities = new CapabilityFolder(folder);
    await capabilities.put(kit.name, drawCapability());
    await capabilities.remove(kit.name);
    expect(synced).to.deep.equal([[`${kit.name}.capability`], []]);
  });

  it('a server block and its end, and at no time a block without the files that it names', async () => {
    const reload = async () => {
      synced.push(['a reload']);
      throw new Error('nobody listens');
    };
    const blocks = new NginxBlocks({ folder, site: '/dev/null', host: '127.0.0.1', port: 1, reload });
    await blocks.put(kit.material).catch(() => {});
    const parts = ['.anchor.pem', '.key', '.pem'].map(suffix => kit.name + suffix);
    const all = [...parts, `${kit.name}.conf`].sort();
    expect(synced.slice(0, 5)).to.deep.equal([parts, all, ['a reload'], parts, []]);
  });

  it('with one sync for all that wait for the next', async () => {
    const durable = new DurableFolder(folder);
    const files = Array.from({ length: 9 }, (_, index) => `file${index}`);
    const first = durable.sync();
    for (const file of files) await durable.write(file, 'x');
    await Promise.all([first, ...files.map(() => durable.sync())]);
    expect(synced.length).to.equal(2);
    expect(synced.at(-1)).to.deep.equal(files);
  });

  it('also where there is no folder yet', async () => {
    const nowhere = join(folder, 'none');
    await new PseudonymFolder(nowhere).remove(kit.name);
    expect(existsSync(nowhere)).to.equal(false);
  });
});
