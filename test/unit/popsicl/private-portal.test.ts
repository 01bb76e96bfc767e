import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { issueServerMaterial } from '../../../apps/popsicl/pki/issue.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { KitMaker } from '../../live/popsicl/tenant/pseudonym-kit.js';
import { PORTAL, WebWorld } from './web-world.js';

describe('the portal as a tenant of its own cloud', () => {
  let folder: string;
  let world: WebWorld;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-private-'));
    const { authority } = await KitMaker.create();
    const validity = { from: Date.now(), until: Date.now() + 3_600_000 };
    const decoy = await issueServerMaterial(authority, 'decoy', 'ecdsa-p256', validity);
    await writeFile(join(folder, 'decoy.crt'), decoy.anchorPem);
    await writeFile(join(folder, 'decoy.key'), decoy.keyPem);
    const listen = { address: '127.0.0.1', port: 0 };
    world = await WebWorld.start({
      portal: {
        listen,
        pseudonyms: {
          listen,
          folder,
          decoy: { certificate: join(folder, 'decoy.crt'), key: join(folder, 'decoy.key') },
        },
      },
    });
  });
  after(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Registers for the portal, and does what its agent does. */
  async function visitor() {
    const registered = await world.register(PORTAL);
    const { material, pseudonym } = world.party.known.get(registered.name)!;
    await new CapabilityFolder(folder).put(material.name, pseudonym.capability);
    await new PseudonymFolder(folder).put(material);
    const { modern, password } = registered.pkcs12!;
    const tls = { pfx: Buffer.from(modern), passphrase: password };
    const visit = (path: string, options: RequestOptions & { body?: string } = tls) =>
      world.request(world.registrar.privatePortal!, registered.name, path, options);
    return { ...registered, tls, visit };
  }

  it('registers people who come by a pseudonym, as it does by its ordinary name', async () => {
    const { visit, capability, tls } = await visitor();
    const page = await visit(`/?c=${capability}`);
    expect([page.status, page.body.includes('id="private"')]).to.deep.equal([200, true]);
    const registered = await visit(`/?c=${capability}`, {
      ...tls,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: 'domain=a.example&linker=none',
    });
    expect(registered.status).to.equal(201);
    expect(registered.body).to.contain('id="bookmark"');
  });

  it('opens for nobody else, and for nobody without the capability', async () => {
    const [one, other] = [await visitor(), await visitor()];
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      );
    for (const tls of [{}, other.tls])
      expect(await codeOf(one.visit(`/?c=${one.capability}`, tls))).to.match(/^(ERR_SSL_|ECONNRESET|EPROTO)/);
    expect((await one.visit('/')).status).to.equal(404);
    expect((await one.visit(`/?c=${other.capability}`)).status).to.equal(404);
    const elsewhere = await one.visit(`/?c=${other.capability}`, {
      ...one.tls,
      headers: { host: other.name },
    });
    expect(elsewhere.status).to.equal(421);
    expect(await codeOf(world.request(world.registrar.privatePortal!, PORTAL, '/'))).to.not.equal('answered');
  });

  it('asks for no certificate where it is visited by its ordinary name', async () => {
    expect((await world.portal('/')).body).to.not.contain('id="private"');
  });
});
