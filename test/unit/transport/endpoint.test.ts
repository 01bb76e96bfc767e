import { expect } from 'chai';
import {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  TransportError,
} from '../../../controller/transport/index.js';

describe('parseEndpoint', () => {
  const valid: readonly [string, Endpoint, string][] = [
    ['ptcp:', { scheme: 'ptcp', host: '127.0.0.1', port: 6653 }, 'ptcp:6653:127.0.0.1'],
    ['ptcp:6633', { scheme: 'ptcp', host: '127.0.0.1', port: 6633 }, 'ptcp:6633:127.0.0.1'],
    ['ptcp:0:0.0.0.0', { scheme: 'ptcp', host: '0.0.0.0', port: 0 }, 'ptcp:0:0.0.0.0'],
    ['ptcp::192.0.2.1', { scheme: 'ptcp', host: '192.0.2.1', port: 6653 }, 'ptcp:6653:192.0.2.1'],
    ['ptcp:6653:[::1]', { scheme: 'ptcp', host: '::1', port: 6653 }, 'ptcp:6653:[::1]'],
    ['tcp:192.0.2.1', { scheme: 'tcp', host: '192.0.2.1', port: 6653 }, 'tcp:192.0.2.1:6653'],
    ['tcp:192.0.2.1:6633', { scheme: 'tcp', host: '192.0.2.1', port: 6633 }, 'tcp:192.0.2.1:6633'],
    ['tcp:[2001:db8::1]:1', { scheme: 'tcp', host: '2001:db8::1', port: 1 }, 'tcp:[2001:db8::1]:1'],
    [
      'tcp:switch-1.example',
      { scheme: 'tcp', host: 'switch-1.example', port: 6653 },
      'tcp:switch-1.example:6653',
    ],
    ['pssl:', { scheme: 'pssl', host: '127.0.0.1', port: 6653 }, 'pssl:6653:127.0.0.1'],
    ['pssl:6640:[::]', { scheme: 'pssl', host: '::', port: 6640 }, 'pssl:6640:[::]'],
    ['ssl:192.0.2.1:6633', { scheme: 'ssl', host: '192.0.2.1', port: 6633 }, 'ssl:192.0.2.1:6633'],
    ['unix:/run/br0.mgmt', { scheme: 'unix', path: '/run/br0.mgmt' }, 'unix:/run/br0.mgmt'],
    ['punix:/run/a:b.sock', { scheme: 'punix', path: '/run/a:b.sock' }, 'punix:/run/a:b.sock'],
  ];
  for (const [text, endpoint, whole] of valid) {
    it(`reads ${text}`, () => {
      expect(parseEndpoint(text)).to.deep.equal(endpoint);
      expect(formatEndpoint(endpoint)).to.equal(whole);
      expect(parseEndpoint(whole)).to.deep.equal(endpoint);
    });
  }

  const invalid = [
    '',
    'ptcp',
    'udp:1',
    '6653',
    'ptcp:65536',
    'ptcp:-1',
    'ptcp:x',
    'ptcp:1:host',
    'tcp:',
    'ssl:',
    'pssl:host',
    'tls:192.0.2.1',
    'tcp:host:0',
    'tcp:a b',
    'tcp:-x',
    'tcp:host:1:2',
    'tcp:::1',
    'tcp:[::1',
    'unix:',
    'punix:/a\0b',
    `unix:/${'x'.repeat(107)}`,
  ];
  for (const text of invalid) {
    it(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => {
      expect(() => parseEndpoint(text))
        .to.throw(TransportError)
        .with.property('code', 'bad-endpoint');
    });
  }
});
