import { expect } from 'chai';
import { Admission, type Place, sourceOf } from '../../../controller/transport/admission.js';

describe('Admission', () => {
  const admission = () => new Admission({ maxConnections: 4, maxUnfinished: 3, maxUnfinishedPerSource: 2 });

  it('bounds unfinished handshakes of one source, and leaves room for others', () => {
    const door = admission();
    const first = door.enter('192.0.2.1') as Place;
    door.enter('192.0.2.1');
    expect(door.enter('192.0.2.1')).to.equal('too-many-unfinished-from-source');
    expect(door.enter('192.0.2.2')).to.be.an('object');
    first.finished();
    expect(door.enter('192.0.2.1')).to.be.an('object');
  });

  it('bounds unfinished handshakes and connections altogether', () => {
    const door = admission();
    const places = [1, 2, 3].map(last => door.enter(`192.0.2.${last}`) as Place);
    expect(door.enter('192.0.2.4')).to.equal('too-many-unfinished');
    for (const place of places) place.finished();
    door.enter('192.0.2.4');
    expect(door.enter('192.0.2.5')).to.equal('too-many-connections');
    places[0]!.left();
    expect(door.enter('192.0.2.5')).to.be.an('object');
  });

  it('counts a connection once, however often it ends', () => {
    const door = admission();
    const place = door.enter('192.0.2.1') as Place;
    place.left();
    place.finished();
    place.left();
    expect(door).to.include({ connections: 0, unfinished: 0 });
  });

  it('takes a /64 prefix of IPv6 for one source, and this machine for none', () => {
    expect(sourceOf('2001:db8::1')).to.equal(sourceOf('2001:db8:0:0:ffff::2'));
    expect(sourceOf('2001:db8::1')).to.not.equal(sourceOf('2001:db8:0:1::1'));
    expect(sourceOf('fe80::1%eth0')).to.equal('fe80:0:0:0');
    expect(sourceOf('::ffff:192.0.2.1')).to.equal('192.0.2.1');
    for (const own of [undefined, '127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(sourceOf(own)).to.equal(undefined);
  });
});
