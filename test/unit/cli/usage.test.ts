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

  it('says which options must be there, what they take, and what they are without', async () => {
    const help = async (...words: string[]) =>
      (await captured(['help', ...words])).stdout.toString().replaceAll(/\n\s+/g, ' ');
    expect(await help('tenant', 'agent')).to.match(
      /--config <file> +configuration file \(YAML\) \(required\)/,
    );
    expect(await help('attach')).to.include('(one of secure, standalone, keep; default: secure)');
    expect(await help('trace')).not.to.match(/default: *(\[\])?\)/);
  });

  it('says what keeps it from a file in words, with its path', async () => {
    const { code, stderr } = await captured(['mimiq', 'audit', '/nowhere/court.key', '/nowhere/audit.log']);
    expect(code).to.equal(1);
    expect(stderr).to.equal('error: /nowhere/court.key: there is no such file or folder [enoent]\n');
  });

  it('asks for a portal when there is no controller to register at', async () => {
    const { code, stderr } = await captured([
      'popsicl',
      'register',
      'a.example',
      '--admin',
      '/nowhere/x.sock',
    ]);
    expect(code).to.equal(3);
    expect(stderr).to.include('[no-controller]').and.to.include('--portal URL');
  });

  it('names the option when what it gives is wrong, and says once what to do', async () => {
    const failure = async (...args: string[]) => (await captured(['run', ...args])).stderr;
    expect(await failure('--listen', '6653')).to.match(/^error: --listen: "6653" is not an endpoint/);
    expect(await failure('--connect', 'ptcp:1')).to.match(/^error: --connect: /);
    expect(await failure('--app', 'popsicl')).to.match(/^error: --app popsicl\.domain: /);
    const unknown = await failure('--app', 'normel');
    expect(unknown).to.match(/^error: --app normel: unknown app "normel"/);
    expect(unknown.match(/did you mean/g)).to.have.length(1);
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
