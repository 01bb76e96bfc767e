import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import type { ServerMaterial } from '../../../../apps/popsicl/model.js';
import { Agent } from '../../../../apps/popsicl/tenant/agent/agent.js';
import { CapabilityFolder } from '../../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import type { HandoffProgram } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { TenantError } from '../../../../apps/popsicl/tenant/tenant-error.js';
import { removeParts } from '../../../../apps/popsicl/tenant/web-server/write-whole.js';
import { Shelf } from './shelf.js';

const NAME = 'p.popsicls.example';
const MATERIAL = { name: NAME, certificate: 'c', key: 'k', anchor: 'a', capability: drawCapability() };

describe('an agent that has much to do at once', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-agent-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));

  it('ends with the newest keys when they come faster than the kernel takes them', async () => {
    const slots: (number | undefined)[] = [undefined, undefined];
    // Each call takes less time than the one before.
    let turns = 8;
    const take = async (epoch: number, held: number | undefined) => {
      for (let left = turns--; left > 0; left--) await new Promise(resolve => setImmediate(resolve));
      slots[epoch % 2] = held;
    };
    const program = {
      setKey: ({ epoch }: { epoch: number }) => take(epoch, epoch),
      clearKey: (epoch: number) => take(epoch, undefined),
    } as unknown as HandoffProgram;
    const agent = new Agent({
      ...{ webServer: new Shelf(), capabilities: new CapabilityFolder(folder) },
      ...{ program, hindrances: [] },
    });
    const keys = (...epochs: number[]) =>
      agent.handle({
        id: 1,
        cookieKeys: {
          keys: epochs.map(epoch => ({ epoch, key: new Uint8Array(16), tenantWindowScale: 7 })),
        },
      });
    await Promise.all([keys(4), keys(5, 4), keys(6, 5)]);
    expect(slots).to.deep.equal([6, 5]);
  });

  it('tells of a pseudonym what comes of the step that is under way', async () => {
    let fail = () => {};
    class Late extends Shelf {
      override async put(material: ServerMaterial): Promise<void> {
        await super.put(material);
        await new Promise<void>(resolve => {
          fail = resolve;
        });
        await this.remove(material.name);
        throw new TenantError('web-server-failed', 'no');
      }
    }
    const webServer = new Late();
    const agent = new Agent({ webServer, capabilities: new CapabilityFolder(folder), hindrances: [] });
    const putting = agent.handle({ id: 1, material: MATERIAL }).catch((error: TenantError) => error.code);
    while (webServer.served.size === 0) await new Promise(resolve => setImmediate(resolve));
    const telling = agent.inventory().next();
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
    fail();
    expect(await putting).to.equal('web-server-failed');
    const { value } = await telling;
    expect(value).to.deep.equal([{ name: NAME, digest: new Uint8Array() }]);
  });

  it('writes the facts of the cloud once, so that a full disk does not keep it from the controller', async () => {
    const agent = new Agent({
      ...{ webServer: new Shelf(), capabilities: new CapabilityFolder(folder), hindrances: [] },
    });
    const tell = (linker: string) => agent.handle({ id: 1, cloud: { linker, tenants: [], trusted: [] } });
    const file = join(folder, 'cloud.json');
    await tell('linker.example');
    const { ino } = await stat(file);
    // A file that is written anew is another one, and the first one's number is taken.
    await link(file, join(folder, 'first'));
    await tell('linker.example');
    expect((await stat(file)).ino).to.equal(ino);
    await tell('other.example');
    expect(await readFile(file, 'utf8')).to.include('other.example');
  });

  it('leaves no part of a file that a killed one was writing, and every other file', async () => {
    const kept = [`${NAME}.pem`, '.hidden', `.${NAME}.pem.0123`, `${NAME}.pem.0123456789ab`];
    for (const file of [...kept, `.${NAME}.pem.0123456789ab`]) await writeFile(join(folder, file), 'key');
    await removeParts(folder);
    expect((await readdir(folder)).sort()).to.deep.equal(kept.sort());
    await removeParts(join(folder, 'none'));
  });
});
