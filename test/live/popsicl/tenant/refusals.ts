import { expect } from 'chai';
import type { PseudonymFolder } from '../../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { CLOUD, type Kit, type KitMaker } from './pseudonym-kit.js';
import { itNamesOneIssuer, type Outcome, type Visit, visit } from './tls-client.js';

/** A server that looks into a folder of pseudonyms, P and Q of which are in it. */
export interface Subject {
  port: number;
  store: PseudonymFolder;
  maker: KitMaker;
  p: Kit;
  q: Kit;
  /** What a client without a certificate meets. */
  withoutCertificate: Record<'TLSv1.2' | 'TLSv1.3', string>;
  /** What a client with a wrong one meets. */
  wrongCertificate: RegExp;
  /** Names of ordinary servers at the same address. */
  ordinary: string[];
}

/** R4 (3.1), for every web server alike: only the owner of a pseudonym gets through. */
export function itRefusesEverybodyElse(version: 'TLSv1.2' | 'TLSv1.3', subject: () => Subject): void {
  const go = (what: Omit<Visit, 'port'>): Promise<Outcome> =>
    visit({ port: subject().port, version, ...what });

  itNamesOneIssuer(version, () => ({ port: subject().port, names: [subject().p.name, subject().q.name] }));

  it('lets the owner of a pseudonym in', async () => {
    const { p, q } = subject();
    for (const kit of [p, q]) {
      const outcome = await go({ name: kit.name, client: kit.client });
      expect(outcome).to.include({ status: 200, body: `pseudonym ${kit.name}`, refusal: undefined });
    }
  });

  it('refuses who has no certificate', async () => {
    const { p, withoutCertificate } = subject();
    expect((await go({ name: p.name })).refusal).to.equal(withoutCertificate[version]);
  });

  it("refuses another pseudonym's certificate, alone and with its server certificate as chain", async () => {
    const { p, q, wrongCertificate } = subject();
    const chain = { cert: q.client.cert + q.material.certificatePem, key: q.client.key };
    const withAnchor = { cert: q.client.cert + q.material.anchorPem, key: q.client.key };
    const serverItself = { cert: q.material.certificatePem, key: q.material.keyPem };
    const own = { cert: p.material.certificatePem, key: p.material.keyPem };
    for (const client of [q.client, chain, withAnchor, serverItself, own]) {
      const outcome = await go({ name: p.name, client });
      expect(outcome.status).to.equal(undefined);
      expect(outcome.refusal).to.match(wrongCertificate);
    }
  });

  it('resumes no session, of another pseudonym or an ordinary server', async () => {
    const { p, q, withoutCertificate, ordinary } = subject();
    const visits = [
      await go({ name: q.name, client: q.client }),
      await go({ name: p.name, client: p.client }),
    ];
    for (const name of ordinary) visits.push(await go({ name }));
    for (const { status, sessions } of visits) {
      expect(status).to.equal(200);
      for (const session of sessions) {
        const outcome = await go({ name: p.name, session });
        expect(outcome.resumed).to.equal(false);
        expect(outcome.refusal).to.equal(withoutCertificate[version]);
      }
    }
  });

  it('treats an unknown, a revoked and a foreign name alike', async () => {
    const { p, q, store, maker, withoutCertificate, wrongCertificate } = subject();
    const revoked = await maker.make('revoked');
    await store.put(revoked.material);
    expect((await go({ name: revoked.name, client: revoked.client })).status).to.equal(200);
    await store.remove(revoked.name);
    const foreign = await maker.make('foreign');
    for (const client of [undefined, revoked.client, q.client]) {
      const outcomes: Outcome[] = [];
      for (const name of [`unknown.${CLOUD}`, revoked.name, foreign.name])
        outcomes.push(await go({ name, client }));
      const refused = client ? wrongCertificate : new RegExp(`^${withoutCertificate[version]}$`);
      expect(outcomes[0]!.refusal).to.match(refused);
      expect(outcomes[1]).to.deep.equal(outcomes[0]);
      expect(outcomes[2]).to.deep.equal(outcomes[0]);
      expect((await go({ name: p.name, client })).refusal).to.equal(outcomes[0]!.refusal);
    }
  });
}
