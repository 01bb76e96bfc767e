import { expect } from 'chai';
import type { ServerMaterial } from '../../../../apps/popsicl/model.js';
import { checkMaterial, checkName } from '../../../../apps/popsicl/tenant/web-server/check-material.js';
import { type Kit, KitMaker } from '../../../live/popsicl/tenant/pseudonym-kit.js';

describe('material that reaches a web server', () => {
  let p: Kit;
  let q: Kit;
  before(async () => {
    const maker = await KitMaker.create();
    [p, q] = await Promise.all([maker.make('p'), maker.make('q')]);
  });

  const codeOf = (material: ServerMaterial): string => {
    try {
      checkMaterial(material);
      return 'none';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('is whole: certificate, key and anchor of one key, for its name', () => {
    expect(codeOf(p.material)).to.equal('none');
    expect(
      codeOf({ ...p.material, certificatePem: p.material.certificatePem + q.material.certificatePem }),
    ).to.equal('none');
  });

  it('is refused when parts are swapped, missing, doubled or no PEM', () => {
    const { certificatePem, keyPem, anchorPem } = p.material;
    for (const change of [
      { keyPem: q.material.keyPem },
      { anchorPem: q.material.anchorPem },
      { certificatePem: q.material.certificatePem },
      { anchorPem: certificatePem },
      { anchorPem: '' },
      { anchorPem: anchorPem + anchorPem },
      { keyPem: '' },
      { keyPem: keyPem + keyPem },
      { keyPem: certificatePem },
      { certificatePem: '' },
      { certificatePem: certificatePem.replace(/[A-Z]/, '!') },
      { certificatePem: `${certificatePem}}\nserver { listen 80; }\n` },
      { certificatePem: certificatePem.repeat(200) },
      { keyPem: keyPem.replace('PRIVATE', 'ENCRYPTED PRIVATE') },
    ])
      expect(codeOf({ ...p.material, ...change }), JSON.stringify(change).slice(0, 60)).to.equal(
        'bad-material',
      );
  });

  it('has a name that is a host name in lower case, and so no path and no word of a configuration', () => {
    for (const name of [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'A.b',
      'a..b',
      '-a.b',
      'a-.b',
      'a b',
      'a;b',
      'a\nb',
      'a'.repeat(300),
      '*.b',
    ])
      expect(() => checkName(name), name)
        .to.throw()
        .with.property('code', 'bad-name');
    for (const name of ['a', 'a.b', 'x--y.popsicls.example', '1.2'])
      expect(() => checkName(name)).not.to.throw();
  });

  it('is refused without a word of what it held', () => {
    try {
      checkMaterial({ ...p.material, keyPem: q.material.keyPem });
      expect.fail();
    } catch (error) {
      expect((error as Error).message)
        .not.to.include(p.name)
        .and.not.include('BEGIN');
    }
  });
});
