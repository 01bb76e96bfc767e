import { expect } from 'chai';
import { formatOvsdbEndpoint, parseOvsdbEndpoint } from '../../../controller/ovsdb/endpoint.js';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { parseControllerTarget } from '../../../controller/ovsdb/open-vswitch/controller-target.js';

describe('endpoints of OVSDB', () => {
  it('are read and written as Open vSwitch does', () => {
    expect(parseOvsdbEndpoint('unix:/var/run/openvswitch/db.sock')).to.deep.equal({
      method: 'unix',
      path: '/var/run/openvswitch/db.sock',
    });
    expect(parseOvsdbEndpoint('tcp:192.0.2.1')).to.deep.equal({
      method: 'tcp',
      host: '192.0.2.1',
      port: 6640,
    });
    expect(parseOvsdbEndpoint('ssl:[2001:db8::1]:7000')).to.deep.equal({
      method: 'ssl',
      host: '2001:db8::1',
      port: 7000,
    });
    for (const text of ['unix:/a', 'tcp:host.example:1', 'ssl:[::1]:6640']) {
      expect(formatOvsdbEndpoint(parseOvsdbEndpoint(text))).to.equal(text);
    }
  });

  it('are refused with the forms there are', () => {
    const texts = [
      '',
      'db.sock',
      'unix:',
      'ptcp:6640',
      'tcp:',
      'tcp:h:0',
      'tcp:h:65536',
      'tcp:[x]:1',
      'tcp:::1',
      'tcp:h:1:2',
    ];
    for (const text of texts) {
      expect(() => parseOvsdbEndpoint(text), text)
        .to.throw(OvsdbError)
        .with.property('code', 'bad-endpoint');
    }
  });
});

describe('targets of controllers', () => {
  it('are read in the active and the passive form', () => {
    expect(parseControllerTarget('tcp:127.0.0.1')).to.deep.equal({
      method: 'tcp',
      host: '127.0.0.1',
      port: 6653,
    });
    expect(parseControllerTarget('ssl:[::1]:1234')).to.deep.equal({ method: 'ssl', host: '::1', port: 1234 });
    expect(parseControllerTarget('ptcp:')).to.deep.equal({ method: 'ptcp', port: 6653, host: undefined });
    expect(parseControllerTarget('pssl:6654:127.0.0.1')).to.deep.equal({
      method: 'pssl',
      port: 6654,
      host: '127.0.0.1',
    });
    expect(parseControllerTarget('punix:/tmp/a')).to.deep.equal({ method: 'punix', path: '/tmp/a' });
  });

  it('are refused when Open vSwitch would not take them', () => {
    for (const text of [
      '127.0.0.1:6653',
      'tcp:',
      'tcp:h:99999',
      'tcp:[h]:1',
      'unix:relative',
      'udp:h:1',
      'ptcp:x',
    ]) {
      expect(() => parseControllerTarget(text), text)
        .to.throw(OvsdbError)
        .with.property('code', 'bad-endpoint');
    }
  });
});
