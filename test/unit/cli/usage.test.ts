import { expect } from 'chai';
import { captured } from './captured.js';

describe('command line', () => {
  it('prints the version of the package', async () => {
    const { code, stdout } = await captured(['--version']);
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/^\d+\.\d+\.\d+\S*\n$/);
  });

  it('explains itself, each command and the exit codes', async () => {
    const { code, stdout } = await captured(['help']);
    expect(code).to.equal(0);
    expect(stdout.toString()).to.include('Usage: cloakflow').and.include('Exit codes:');
    const commands = [...stdout.toString().matchAll(/^ {2}([a-z]+) .*/gm)].map(match => match[1]!);
    expect(commands).to.include.members(['switches', 'ports', 'flows', 'help']);
    for (const command of commands) {
      const help = await captured(['help', command]);
      expect(help.code, command).to.equal(0);
      expect(help.stdout.toString(), command).to.include(`Usage: cloakflow ${command}`);
      expect((await captured([command, '--help'])).stdout.equals(help.stdout), command).to.equal(true);
    }
    expect((await captured(['help', 'exit-codes'])).stdout.toString()).to.match(/^Exit codes:\n {2}0 /);
  });

  for (const args of [
    [],
    ['nothing'],
    ['switches', '--nothing'],
    ['switches', 'too', 'many'],
    ['flows', '--table', 'x'],
    ['flows', '--table', '255'],
    ['help', 'nothing'],
    ['mimiq', 'fetch', '--max-time', 'soon', 'https://[::1]/'],
    ['mimiq', 'fetch', '--retry', '-1', 'https://[::1]/'],
  ]) {
    it(`ends with 2 for \`cloakflow ${args.join(' ')}\``, async () => {
      const { code, stdout, stderr } = await captured(args);
      expect(code).to.equal(2);
      expect(stdout.length).to.equal(0);
      expect(stderr).not.to.equal('');
    });
  }

  it('prints usage errors as one line of JSON where asked', async () => {
    const { code, stderr } = await captured(['switches', '--nothing', '--json']);
    expect(code).to.equal(2);
    expect(JSON.parse(stderr)).to.deep.equal({
      error: { code: 'usage', message: "unknown option '--nothing'" },
    });
  });
});
