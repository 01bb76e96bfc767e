import { once } from 'node:events';
import { expect } from 'chai';
import { cloakflow } from './spawned.js';

const ECHO = Buffer.from('0402000800000001', 'hex');

describe('command line as a process', () => {
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
