import { expect } from 'chai';
import fc from 'fast-check';
import { adaptPolicies } from '../../../../apps/popsicl/tenant/web/content-policy.js';
import { fillUp, padPiece } from '../../../../apps/popsicl/tenant/web/defence/padding.js';
import type { PieceName } from '../../../../apps/popsicl/tenant/web/defence/piece-name.js';
import {
  cut,
  type Part,
  PieceStore,
  type Share,
} from '../../../../apps/popsicl/tenant/web/defence/piece-store.js';
import { stripPiece } from './stripped-piece.js';

describe('popsicl: what the defence is made of', () => {
  it('padding is a multiple of the unit, and comes off again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 16, max: 1024 }), (content, unit) => {
        const padded = padPiece(content, unit);
        expect(padded.length % unit).to.equal(0);
        expect(padded.length - content.length).to.be.within(1, unit);
        expect(Buffer.from(stripPiece(padded)!).equals(content)).to.equal(true);
        for (const filling of ['comment', 'space'] as const) {
          expect((content.length + fillUp(content.length, unit, filling).length) % unit).to.equal(0);
        }
      }),
    );
    for (const broken of [[], [0, 0], [1, 2]])
      expect(stripPiece(Uint8Array.from(broken))).to.equal(undefined);
  });

  it('on a ladder documents fill up to steps, each about so many times the one before', () => {
    const sizes = [0, 1, 500, 512, 3000, 20_000, 50_000, 100_000].map(
      length => length + fillUp(length, 512, 'comment', 2).length,
    );
    expect(sizes).to.deep.equal([512, 512, 512, 1024, 4096, 32_768, 65_536, 131_072]);
    expect(20_000 + fillUp(20_000, 512, 'comment', 1.5).length).to.equal(29_696);
    expect(20_000 + fillUp(20_000, 512, 'space', 2).length).to.equal(20_480);
  });

  it('cuts anywhere, and loses nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 16 }), (content, count) => {
        const parts = cut(Buffer.from(content), count);
        expect(parts).to.have.length(count);
        expect(Buffer.concat(parts).equals(content)).to.equal(true);
      }),
    );
  });

  it('pieces that nobody fetches are forgotten, and room is bounded', async () => {
    let now = 0;
    const store = new PieceStore(() => now);
    const name = (object: string, number: number, count?: number): PieceName => ({
      ...{ object, number, count, form: 'bytes' },
    });
    const asking = (object: string) => store.ask('key', name(object, 0, 2)) as Share;
    const taking = (object: string) => store.ask('key', name(object, 1)) as Promise<Part | undefined>;
    const large = Buffer.alloc(64 * 1024 * 1024);
    const small = asking('small').cut(Buffer.from('12'), '');
    expect(small.count).to.equal(2);
    const rest = await taking('small');
    expect(small.part.content.toString() + rest!.content.toString()).to.equal('12');
    expect(rest!.token).to.equal(small.part.token);
    expect(await taking('small')).to.equal(undefined);
    asking('first').cut(large.subarray(10), '');
    const second = asking('second').cut(large, '');
    expect([second.count, second.part.content.length]).to.deep.equal([1, large.length]);
    expect((await taking('second'))!.content).to.have.length(0);
    now = 30_000;
    expect(await taking('first')).to.equal(undefined);
    expect(asking('third').cut(large, '').count).to.equal(2);
  });

  const policies: [from: string, to: string][] = [
    ["script-src 'none'", "script-src 'nonce-N'"],
    ["script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline' blob:"],
    [
      "script-src 'nonce-x' 'strict-dynamic' 'unsafe-inline'",
      "script-src 'nonce-x' 'strict-dynamic' 'unsafe-inline' 'nonce-N'",
    ],
    ["script-src-elem 'self'; script-src 'none'", "script-src-elem 'self' 'nonce-N'; script-src 'none'"],
    ["frame-ancestors 'none'", "frame-ancestors 'none'"],
    ['img-src https://shop.test', "img-src 'self' blob:"],
    ['', ''],
    [';;x;', 'x'],
  ];
  for (const [from, to] of policies) {
    it(`policy ${JSON.stringify(from)}`, () => {
      const isOwnSite = (source: string) => source === 'https://shop.test';
      expect(adaptPolicies(from, { nonce: 'N', blobs: true, isOwnSite })).to.equal(to);
    });
  }
});
