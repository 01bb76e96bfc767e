import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { CloudServer } from '../../../apps/popsicl/cloud-server.js';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { issueCloudServer } from '../../../apps/popsicl/pki/issue.js';

const NAME = 'portal.popsicls.test';
const HOUR = 3_600_000;

describe('an HTTPS server of the cloud', () => {
  it('leaves room for others, however many connections one source wants', async () => {
    const authority = await CloudAuthority.load(
      await createAuthority('popsicls.test', 'ecdsa-p256', Date.now()),
      Date.now(),
    );
    const validity = { from: Date.now(), until: Date.now() + HOUR };
    const { certificatePem: cert, keyPem: key } = await issueCloudServer(
      authority,
      [NAME],
      'ecdsa-p256',
      validity,
    );
    const server = await CloudServer.start({
      label: 'portal',
      listen: { address: '127.0.0.1', port: 0 },
      tls: { cert, key },
      maxConnections: 4,
      fetch: () => new Response('here'),
    });
    const { port } = server;
    const trust = { host: '127.0.0.1', port, servername: NAME, ca: authority.rootPem };
    /** Status of an answer to one source, or how the connection ended. */
    const statusFrom = (localAddress: string) =>
      new Promise(resolve => {
        const sent = request({ ...trust, localAddress, agent: false, path: '/' });
        sent.on('response', response => resolve(response.resume().statusCode));
        sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        sent.end();
      });
    const held = connect(trust);
    try {
      await once(held, 'secureConnect');
      expect(await statusFrom('127.0.0.1')).to.equal('ECONNRESET');
      expect(await statusFrom('127.0.0.2')).to.equal(200);
    } finally {
      held.destroy();
      await server.stop();
    }
  });
});
