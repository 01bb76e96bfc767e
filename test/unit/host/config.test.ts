import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { builtInApps } from '../../../apps/index.js';
import { type Config, ConfigError, loadConfig, parseConfig } from '../../../controller/host/index.js';

const parse = (text: string, file?: string): Promise<Config> =>
  parseConfig(text, { builtIn: builtInApps, ...(file === undefined ? {} : { file }) });

async function refusal(text: string, file?: string): Promise<ConfigError> {
  try {
    await parse(text, file);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error(`accepted: ${text}`);
}

describe('the configuration', () => {
  it('needs only the list of apps', async () => {
    const config = await parse('apps:\n  - learning-switch\n');
    expect(config.listen).to.deep.equal(['ptcp:6653:127.0.0.1']);
    expect(config.foreignFlows).to.equal('keep');
    expect(config.discovery).to.deep.equal({ enabled: true, interval: 5, hold: 2 });
    expect(config.apps.map(app => [app.instance, app.definition.name])).to.deep.equal([
      ['learning-switch', 'learning-switch'],
    ]);
  });

  it('takes endpoints with TLS files of their own, and of the whole controller', async () => {
    const files = '{key: k.pem, certificate: c.pem, ca: ca.pem}';
    const text = `{listen: ['pssl:6653:0.0.0.0', {endpoint: 'pssl:6654', tls: ${files}}], tls: ${files}, apps: []}`;
    const config = await parse(text);
    expect(config.listen[1]).to.deep.equal({
      endpoint: 'pssl:6654',
      tls: { key: 'k.pem', certificate: 'c.pem', ca: 'ca.pem' },
    });
    const error = await refusal(
      "apps: []\nlisten:\n  - punix:/a\n  - pssl:6653\nconnect: ['ssl:192.0.2.1']\n",
    );
    expect(error.problems.map(({ path, line }) => [path.join('.'), line])).to.deep.equal([
      ['listen.1', 4],
      ['connect.0', 5],
    ]);
  });

  it('refuses pins that are no fingerprints, or for what is no datapath id', async () => {
    const pins = (id: string, pin: string) => `{apps: [], pins: {certificates: {${id}: ${pin}}}}`;
    const hex = 'ab'.repeat(32);
    await parse(pins("'00000000000000c1'", hex));
    await parse(pins("'00000000000000c1'", `[${hex}, 'sha256//${'A'.repeat(43)}=']`));
    for (const [id, pin] of [
      ["'c1'", hex],
      ['0000000000000001', hex],
      ["'00000000000000c1'", hex.slice(2)],
      ["'00000000000000c1'", '[]'],
    ] as const) {
      expect((await refusal(pins(id, pin))).code).to.equal('config-bad-value');
    }
  });

  it('has limits that hold without being asked for', async () => {
    const { limits, role } = await parse('apps: []');
    expect(limits).to.deep.equal({
      connections: 4096,
      unfinished: 2048,
      unfinishedPerSource: 256,
      handshake: 10,
    });
    expect(role).to.equal('equal');
    expect((await refusal('{apps: [], role: boss}')).path).to.deep.equal(['role']);
    expect((await refusal('{apps: [], limits: {punt: {}}}')).path).to.deep.equal([
      'limits',
      'punt',
      'packetsPerSecond',
    ]);
  });

  it('gives apps their settings and, if asked, a name', async () => {
    const config = await parse('apps:\n  - learning-switch: {idleTimeout: 7}\n    name: edge\n');
    expect(config.apps[0]!.instance).to.equal('edge');
    expect(config.apps[0]!.config).to.deep.include({ idleTimeout: 7, stationAge: 300 });
  });

  it('names file, line and path of what is wrong, and the key that was meant', async () => {
    const error = await refusal('apps:\n  - learning-switch:\n      idleTimout: 7\n', 'x.yaml');
    expect(error.code).to.equal('config-unknown-key');
    expect(error.message).to.equal(
      'x.yaml:3:7: apps[0].learning-switch: unknown key "idleTimout" (did you mean "idleTimeout"?)',
    );
  });

  it('tells every problem, not only the first', async () => {
    const error = await refusal('listn: []\nforeignFlows: burn\ndiscovery: {interval: fast}\napps: []\n');
    expect(error.problems.map(({ path, line }) => [path.join('.'), line])).to.have.deep.members([
      ['', 1],
      ['foreignFlows', 2],
      ['discovery.interval', 3],
    ]);
  });

  for (const [what, text, code, line] of [
    ['text that is no YAML', 'apps: [', 'config-syntax', 1],
    ['a key that stands twice', 'apps: []\napps: []\n', 'config-syntax', 2],
    ['a list of apps that is missing', 'listen: []\n', 'config-bad-value', 1],
    ['a document that is a list', '- apps\n', 'config-bad-value', 1],
    ['an endpoint of another kind', 'listen:\n  - tcp:127.0.0.1:6653\napps: []\n', 'config-bad-value', 2],
    ['an endpoint that is none', 'connect: [ftp:1]\napps: []\n', 'config-bad-value', 1],
    ['an app that nobody knows', 'apps:\n  - learning-swich\n', 'app-unknown', 2],
    ['an app entry with two apps', 'apps:\n  - normal:\n    learning-switch:\n', 'config-bad-value', 2],
    ['a name with a blank', 'apps:\n  - normal:\n    name: my app\n', 'config-bad-value', 2],
    ['a module that is not there', 'apps:\n  - ./no-such-app.js\n', 'app-unknown', 2],
    ['apps that end the pipeline twice', 'apps:\n  - normal\n  - learning-switch\n', 'app-conflict', 3],
    ['one app twice under one name', 'apps:\n  - normal\n  - normal\n', 'app-conflict', 3],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(text);
      expect(error.code).to.equal(code);
      expect(error.line).to.equal(line);
    });
  }

  it('suggests the app that was meant', async () => {
    const error = await refusal('apps: [learning-swich]\n');
    expect(error.message).to.include('did you mean "learning-switch"?');
  });

  it('refuses anything by a ConfigError and nothing else', async () => {
    const yaml = fc.oneof(
      fc.string(),
      fc.jsonValue().map(value => JSON.stringify(value)),
      fc.jsonValue().map(value => `apps: ${JSON.stringify(value)}`),
    );
    await fc.assert(
      fc.asyncProperty(yaml, async text => {
        try {
          await parse(text);
        } catch (error) {
          expect(error).to.be.instanceOf(ConfigError);
        }
      }),
      { numRuns: 300 },
    );
  });

  describe('in a file', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'cloakflow-config-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("may name an app of one's own by the path of its module", async () => {
      await writeFile(
        join(folder, 'mine.mjs'),
        `export const app = {
          name: 'mine', summary: 'Mine.', tables: [{ name: 'a', miss: 'next' }], endsPipeline: false,
          config: { safeParse: data => ({ success: true, data }) }, start: () => ({}),
        };`,
      );
      const file = join(folder, 'cloakflow.yaml');
      await writeFile(file, 'apps:\n  - ./mine.mjs: {colour: red}\n  - normal\n');
      const config = await loadConfig(file, builtInApps);
      expect(config.apps.map(app => app.instance)).to.deep.equal(['mine', 'normal']);
      expect(config.apps[0]!.config).to.deep.equal({ colour: 'red' });
    });

    it('refuses a module that is no app, or cannot be loaded', async () => {
      await writeFile(join(folder, 'empty.mjs'), 'export const app = {};');
      await writeFile(join(folder, 'broken.mjs'), 'throw new Error("broken on purpose");');
      const file = join(folder, 'cloakflow.yaml');
      for (const name of ['empty', 'broken']) {
        await writeFile(file, `apps: ["./${name}.mjs"]\n`);
        const error = await loadConfig(file, builtInApps).catch(reason => reason as ConfigError);
        expect((error as ConfigError).code).to.equal('app-load-failed');
      }
    });

    it('refuses a file that is not there', async () => {
      const error = await loadConfig(join(folder, 'none.yaml'), builtInApps).catch(reason => reason);
      expect(error.code).to.equal('config-missing');
      expect(error.message).to.include('none.yaml');
    });

    it('is replaced by a learning switch on the loopback address where there is none', async () => {
      const config = await loadConfig(undefined, builtInApps);
      expect(config.apps[0]!.instance).to.equal('learning-switch');
    });
  });
});
