import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { nodeTooOld, OLDEST_NODE } from '../../../controller/doctor/oldest-node.js';
import { cloakflow, MAIN } from './spawned.js';

const ECHO = Buffer.from('0402000800000001', 'hex');

describe('command line as a process', () => {
  it('asks for a newer Node before it loads what an older one cannot', () => {
    const statements = readFileSync(MAIN, 'utf8').matchAll(/^import .* from '(.*)'/gm);
    expect([...statements].map(([, from]) => from)).to.deep.equal(['../doctor/oldest-node.js']);
    expect(nodeTooOld('18.20.8')).to.match(/^error: Node 18\.20\.8 is too old: .*\n {2}Install /);
    expect(nodeTooOld('20.18.3')).to.include('20.19');
    for (const version of ['20.19.0', '20.20.2', '24.0.0']) expect(nodeTooOld(version)).to.equal(undefined);
    const { engines } = JSON.parse(
      readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
    );
    expect(`${engines.node}.0`).to.equal(`>=${OLDEST_NODE}`);
  });

  it('ends with the exit code of the command', async () => {
    expect((await cloakflow('--version').ended).code).to.equal(0);
    expect((await cloakflow('nothing').ended).code).to.equal(2);
    const none = await cloakflow('switches', '--admin', '/nowhere/admin.sock').ended;
    expect(none.code).to.equal(3);
    expect(none.stderr).to.include('[no-controller]').and.not.include('\x1b');
  });

  it('decodes and encodes through pipes, more than fits into them', async () => {
    const messages = 50_000;
    const decode = cloakflow('openflow', 'decode');
    const encode = cloakflow('openflow', 'encode');
    decode.child.stdout.pipe(encode.child.stdin);
    decode.child.stdin.end(Buffer.alloc(ECHO.length * messages, ECHO));
    expect(await decode.ended).to.deep.include({ code: 0, stderr: '' });
    const { code, stdout } = await encode.ended;
    expect(code).to.equal(0);
    expect(stdout.equals(Buffer.alloc(ECHO.length * messages, ECHO))).to.equal(true);
  });

  it('prints a message as soon as it is there, before the stream ends', async () => {
    const { child, ended } = cloakflow('openflow', 'decode');
    child.stdin.write(ECHO);
    const [line] = await once(child.stdout, 'data');
    expect(JSON.parse(String(line)).type).to.equal('echo-request');
    child.stdin.end();
    expect((await ended).code).to.equal(0);
  });

  it('ends quietly when its reader leaves', async () => {
    const { child, ended } = cloakflow('openflow', 'decode');
    const endless = setInterval(() => child.stdin.write(Buffer.alloc(1 << 16, ECHO)), 1);
    try {
      await once(child.stdout, 'data');
      child.stdout.destroy();
      const { code, signal, stderr } = await ended;
      expect({ code, signal, stderr }).to.deep.equal({ code: 0, signal: null, stderr: '' });
    } finally {
      clearInterval(endless);
      child.kill('SIGKILL');
    }
  });
});
