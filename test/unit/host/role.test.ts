import { expect } from 'chai';
import { takeRole, type WantedRole } from '../../../controller/host/role.js';
import type { ControllerRole } from '../../../controller/session/index.js';
import { rejection, Simulation } from '../session/simulation.js';

const NONE = 0xffff_ffff_ffff_ffffn;

/** A switch that has seen `seen`, on which others raise the generation id `rivals` times after it was asked. */
async function asked(role: WantedRole, seen: bigint, granted: ControllerRole = 'equal', rivals = 0) {
  const simulation = Simulation.ready();
  const requests: string[] = [];
  let highest = seen;
  let left = rivals;
  const taken = takeRole(simulation.session, role);
  taken.catch(() => {});
  for (let round = 0; round < 20; round++) {
    await new Promise(setImmediate);
    for (const message of simulation.said()) {
      if (message.type !== 'role-request') continue;
      const generationId = BigInt(message.generationId ?? 0);
      requests.push(message.role === 'nochange' ? 'nochange' : `${message.role} ${generationId}`);
      const xid = message.xid!;
      if (message.role === 'nochange') {
        simulation.deliver({ type: 'role-reply', role: granted, generationId: highest, xid });
        if (left-- > 0) highest += 10n;
      } else if (message.role !== 'equal' && highest !== NONE && generationId < highest) {
        simulation.deliver({
          type: 'error',
          errorType: 'role-request-failed',
          errorCode: 'stale',
          data: new Uint8Array(),
          xid,
        });
      } else {
        simulation.deliver({ type: 'role-reply', role: message.role, generationId, xid });
      }
    }
  }
  return { taken, requests };
}

describe('taking a role', () => {
  it('as master uses the generation after the highest that the switch has seen', async () => {
    const { taken, requests } = await asked('master', 41n);
    expect(requests).to.deep.equal(['nochange', 'master 42']);
    expect(await taken).to.deep.equal({ role: 'master', generationId: 42n });
  });

  it('as the first controller begins with generation 0', async () => {
    expect((await asked('master', NONE)).requests).to.deep.equal(['nochange', 'master 0']);
    expect((await asked('slave', NONE)).requests).to.deep.equal(['nochange', 'slave 0']);
  });

  it('as slave keeps to the generation of the master', async () => {
    expect((await asked('slave', 41n, 'master')).requests).to.deep.equal(['nochange', 'slave 41']);
  });

  it('asks for nothing that it has already', async () => {
    expect((await asked('equal', 41n)).requests).to.deep.equal(['nochange']);
    expect((await asked('master', 41n, 'master')).requests).to.deep.equal(['nochange']);
  });

  it('asks anew when another controller was quicker, and gives up when that never ends', async () => {
    const quick = await asked('master', 41n, 'equal', 2);
    expect(quick.requests).to.deep.equal([
      'nochange',
      'master 42',
      'nochange',
      'master 52',
      'nochange',
      'master 62',
    ]);
    expect((await quick.taken).generationId).to.equal(62n);
    const endless = await asked('master', 41n, 'equal', 100);
    expect(await rejection(endless.taken)).to.include({ errorCode: 'stale' });
    expect(endless.requests).to.have.length(10);
  });
});
