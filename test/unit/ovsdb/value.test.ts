import { expect } from 'chai';
import fc from 'fast-check';
import type { AtomKind, Column } from '../../../controller/ovsdb/column.js';
import { mapOf, named, optional, scalar, setOf } from '../../../controller/ovsdb/column.js';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import {
  decodeValue,
  defaultValue,
  encodeValue,
  type PlainValue,
  valuesEqual,
} from '../../../controller/ovsdb/value.js';

const kinds: AtomKind[] = ['integer', 'real', 'boolean', 'string', 'uuid'];
const atoms: Record<AtomKind, fc.Arbitrary<string | number | boolean>> = {
  integer: fc.maxSafeInteger(),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0 || 0),
  boolean: fc.boolean(),
  string: fc.string({ unit: 'grapheme' }),
  uuid: fc.uuid(),
};

const columnAndValue: fc.Arbitrary<[Column, PlainValue]> = fc
  .tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds))
  .chain(([key, value]) =>
    fc.oneof(
      atoms[key].map((item): [Column, PlainValue] => [scalar(key), item]),
      fc.option(atoms[key], { nil: undefined }).map((item): [Column, PlainValue] => [optional(key), item]),
      fc.uniqueArray(atoms[key], { maxLength: 4 }).map((items): [Column, PlainValue] => [setOf(key), items]),
      fc
        .uniqueArray(fc.tuple(atoms[key], atoms[value]), { maxLength: 4, selector: ([name]) => name })
        .map((pairs): [Column, PlainValue] => [mapOf(key, value), new Map(pairs)]),
    ),
  );

describe('OVSDB values', () => {
  it('read back as they were written, for every type of column', () => {
    fc.assert(
      fc.property(columnAndValue, ([column, value]) => {
        const wire = JSON.parse(JSON.stringify(encodeValue(column, value, 'T.c')));
        const back = decodeValue(column, wire, 'T.c');
        expect(back).to.deep.equal(value);
        expect(valuesEqual(back, value)).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('are on the wire what RFC 7047 section 5.1 says', () => {
    const uuid = '550e8400-e29b-41d4-a716-446655440000';
    expect(encodeValue(setOf('string'), ['a'], 'c')).to.deep.equal(['set', ['a']]);
    expect(encodeValue(optional('string'), undefined, 'c')).to.deep.equal(['set', []]);
    expect(encodeValue(setOf('uuid'), [uuid, named('row')], 'c')).to.deep.equal([
      'set',
      [
        ['uuid', uuid],
        ['named-uuid', 'row'],
      ],
    ]);
    expect(encodeValue(mapOf('string', 'string'), { a: 'b' }, 'c')).to.deep.equal(['map', [['a', 'b']]]);
    expect(decodeValue(setOf('string'), 'alone', 'c')).to.deep.equal(['alone']);
    expect(decodeValue(optional('integer'), ['set', []], 'c')).to.equal(undefined);
  });

  it('are equal whatever the order of their elements', () => {
    expect(valuesEqual(['a', 'b'], ['b', 'a'])).to.equal(true);
    expect(valuesEqual(['a', 'b'], ['a', 'c'])).to.equal(false);
    const map = (pairs: [string, string][]) => new Map(pairs);
    expect(
      valuesEqual(
        map([
          ['a', '1'],
          ['b', '2'],
        ]),
        map([
          ['b', '2'],
          ['a', '1'],
        ]),
      ),
    ).to.equal(true);
    expect(valuesEqual(map([['a', '1']]), map([['a', '2']]))).to.equal(false);
  });

  it('have the defaults of their type', () => {
    expect(defaultValue(scalar('integer'))).to.equal(0);
    expect(defaultValue(scalar('uuid'))).to.match(/^0{8}-/);
    expect(defaultValue(optional('string'))).to.equal(undefined);
    expect(defaultValue(setOf('string'))).to.deep.equal([]);
    expect(defaultValue(mapOf('string', 'uuid'))).to.deep.equal(new Map());
  });

  it('are refused before they are sent when they do not fit their column', () => {
    const cases: [Column, unknown][] = [
      [scalar('integer'), 1.5],
      [scalar('integer'), 2 ** 53],
      [scalar('integer'), '1'],
      [scalar('real'), Number.NaN],
      [scalar('boolean'), 0],
      [scalar('string'), undefined],
      [scalar('string'), 'zero\0byte'],
      [scalar('uuid'), 'not-a-uuid'],
      [scalar('uuid'), { namedUuid: '1x' }],
      [setOf('string'), 'a'],
      [setOf('string'), new Set(['a'])],
      [mapOf('string', 'string'), [['a', 'b']]],
      [mapOf('string', 'string'), { a: 1 }],
    ];
    for (const [column, value] of cases) {
      expect(() => encodeValue(column, value, 'Bridge.c')).to.throw(OvsdbError, /Bridge\.c/);
    }
  });

  it('from the server are refused when they are of another type', () => {
    fc.assert(
      fc.property(columnAndValue, fc.jsonValue({ maxDepth: 3 }), ([column], wire) => {
        try {
          decodeValue(column, wire, 'T.c');
        } catch (error) {
          expect(error).to.be.instanceOf(OvsdbError);
          expect((error as OvsdbError).code).to.equal('malformed');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
