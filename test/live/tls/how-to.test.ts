import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OvsSandbox, type RunningCommand, runCommand, until } from '../../../mininet/driver/index.js';

const PAGE = new URL('../../../../docs/how-to/tls.md', import.meta.url);
const CLI = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));
const DATAPATH = '00000000000000c1';
const BRIDGE = 'br0';

interface LogRecord {
  id: string;
  [field: string]: unknown;
}

/** `cloakflow run` in the switch's namespace, where its TCP ports are. */
class RunningController {
  private readonly command: RunningCommand;

  private constructor(command: RunningCommand) {
    this.command = command;
  }

  static async start(sandbox: OvsSandbox, folder: string, config: string): Promise<RunningController> {
    const file = join(folder, 'cloakflow.yaml');
    await writeFile(file, config);
    const admin = join(folder, 'admin.sock');
    const command = await sandbox.spawn([process.execPath, CLI, 'run', file, '--json', '--admin', admin]);
    await command.printed(/"ready":true/, 60_000);
    return new RunningController(command);
  }

  logged(id: string): LogRecord[] {
    return this.command.stderr
      .split('\n')
      .filter(line => line.startsWith('{') && line.endsWith('}'))
      .map(line => JSON.parse(line) as LogRecord)
      .filter(record => record.id === id);
  }

  async has(id: string, fields: Record<string, unknown> = {}, count = 1): Promise<LogRecord[]> {
    const found = () =>
      this.logged(id).filter(record => Object.entries(fields).every(([key, value]) => record[key] === value));
    await until(`${id} ${JSON.stringify(fields)}`, () => found().length >= count, { timeout: 60_000 });
    return found();
  }

  async stop(): Promise<void> {
    await this.command.stop();
  }
}

describe('TLS with Open vSwitch and certificates of ovs-pki', () => {
  let folder: string;
  let sandbox: OvsSandbox;
  let shell: string[];
  let yaml: string[];
  let controller: RunningController | undefined;

  const sh = async (script: string, cwd = folder) =>
    (await sandbox.run(['sh', '-e', '-c', script], { cwd, check: true, timeout: 60_000 })).stdout;
  const command = (pattern: RegExp) => shell.find(block => pattern.test(block))!;
  const start = async (config: string) => {
    await controller?.stop();
    controller = await RunningController.start(sandbox, folder, config);
    return controller;
  };
  /** Gives the switch an identity, for connections that it makes from now on. */
  const identity = (name: string, ca = 'pki/controllerca/cacert.pem') =>
    sh(`ovs-vsctl set-ssl "$PWD/${name}-privkey.pem" "$PWD/${name}-cert.pem" "$PWD/${ca}"`);
  /** Makes the switch connect anew as `name`. */
  const connectAs = async (name: string, ca?: string, target = 'ssl:127.0.0.1:6653') => {
    await sh(`ovs-vsctl del-controller ${BRIDGE}`);
    await identity(name, ca);
    await sh(`ovs-vsctl set-controller ${BRIDGE} ${target}`);
  };
  /** The subject that the controller shows to whoever connects. */
  const shown = async () => {
    const connect =
      'openssl s_client -connect 127.0.0.1:6653 -cert switch-1-cert.pem -key switch-1-privkey.pem';
    return sh(`${connect} </dev/null 2>/dev/null | openssl x509 -noout -subject`);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-tls-'));
    const page = await readFile(PAGE, 'utf8');
    const blocks = (language: string) =>
      [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(match => match[1]!);
    shell = blocks('sh');
    yaml = blocks('yaml');
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge(BRIDGE, { datapathId: DATAPATH });
    await sh(command(/req\+sign/));
  });
  afterEach(async () => {
    await controller?.stop();
    controller = undefined;
    await sh(`ovs-vsctl del-controller ${BRIDGE}`);
  });
  after(async () => {
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('connects a bridge by the commands of the how-to', async () => {
    const running = await start(yaml[0]!);
    await sh(command(/set-ssl/));
    const [record] = await running.has('switch-connected', { switch: DATAPATH });
    expect(record!.peer).to.match(/^ssl:127\.0\.0\.1:/);
    expect(running.logged('endpoint-exposed')).to.deep.equal([]);
  });

  it('connects to a bridge that listens itself', async () => {
    await identity('switch-1');
    await sh(`ovs-vsctl set-controller ${BRIDGE} pssl:6654:127.0.0.1`);
    const config = yaml[0]!.replace(/listen: .*/, "listen: []\nconnect: ['ssl:127.0.0.1:6654']");
    const running = await start(config);
    await running.has('switch-connected', { switch: DATAPATH, peer: 'ssl:127.0.0.1:6654' });
  });

  it('holds a switch to its pin, by certificate and by public key, also without TLS', async () => {
    await sh('ovs-pki --dir=pki --log=pki.log --batch req+sign thief switch');
    const certificate = (await sh(command(/-fingerprint/))).trim().split('=')[1]!;
    const key = (await sh(command(/-pubkey/))).trim();
    expect(certificate).to.match(/^[0-9A-F:]{95}$/);
    for (const pin of [certificate, `sha256//${key}`]) {
      const plain = "\nlisten: ['pssl:6653', 'ptcp:6655']";
      const running = await start(
        `${yaml[0]!.replace(/listen: .*/, plain)}${yaml[1]!.replace('FINGERPRINT', pin)}`,
      );
      await connectAs('switch-1');
      await running.has('switch-connected', { switch: DATAPATH });
      await connectAs('thief');
      const [refusal] = await running.has('switch-unpinned', { switch: DATAPATH });
      expect(refusal).to.include({ reason: 'certificate-not-pinned' });
      await connectAs('switch-1');
      await running.has('switch-connected', { switch: DATAPATH }, 2);
      await connectAs('switch-1', undefined, 'tcp:127.0.0.1:6655');
      await until('the refusal', () =>
        running.logged('switch-unpinned').some(({ peer }) => String(peer).startsWith('tcp:')),
      );
    }
  });

  it('names what is wrong with an expired, a foreign and a missing certificate', async () => {
    const dates = '-startdate 20200101000000Z -enddate 20210101000000Z';
    await sh(`ovs-pki --dir=pki --log=pki.log req expired
      cd pki/switchca
      openssl ca -config ca.cnf -batch ${dates} -in ../../expired-req.pem > ../../expired-cert.pem 2>/dev/null`);
    await mkdir(join(folder, 'elsewhere'));
    await sh(
      'ovs-pki --dir=pki --log=pki.log init && ovs-pki --dir=pki --log=pki.log --batch req+sign stranger switch',
      join(folder, 'elsewhere'),
    );
    const running = await start(yaml[0]!);
    await connectAs('expired');
    await running.has('connection-refused', { reason: 'certificate-expired' });
    for (const part of ['privkey', 'cert']) {
      await copyFile(join(folder, 'elsewhere', `stranger-${part}.pem`), join(folder, `stranger-${part}.pem`));
    }
    await connectAs('stranger');
    await running.has('connection-refused', { reason: 'certificate-foreign' });
    await sh('openssl s_client -connect 127.0.0.1:6653 </dev/null >/dev/null 2>&1 || true');
    await running.has('connection-refused', { reason: 'certificate-missing' });
    await connectAs('switch-1');
    await running.has('switch-connected', { switch: DATAPATH });
    await connectAs('switch-1', undefined, 'tcp:127.0.0.1:6653');
    await running.has('connection-refused', { reason: 'tls-expected' });
  });

  it('is left by a switch that does not believe its certificate, and says so', async () => {
    const running = await start(yaml[0]!);
    await connectAs('switch-1', 'pki/switchca/cacert.pem');
    await until('a refusal', () =>
      running
        .logged('connection-refused')
        .some(({ reason }) => reason === 'certificate-not-accepted' || reason === 'tls-failed'),
    );
    await connectAs('switch-1');
    await running.has('switch-connected', { switch: DATAPATH });

    await connectAs('switch-1', 'pki/switchca/cacert.pem', 'pssl:6654:127.0.0.1');
    const config = yaml[0]!.replace(/listen: .*/, "listen: []\nconnect: ['ssl:127.0.0.1:6654']");
    const calling = await start(config);
    await until('the end of the connection', () =>
      [...calling.logged('connection-closed'), ...calling.logged('connection-refused')].some(({ error }) =>
        /does not accept the controller's certificate/.test((error as { message: string }).message),
      ),
    );
  });

  it('takes up renewed certificates while a switch is connected, and keeps the good ones otherwise', async () => {
    await sh('ovs-pki --dir=pki --log=pki.log --batch req+sign renewed controller');
    const running = await start(yaml[0]!);
    await connectAs('switch-1');
    await running.has('switch-connected', { switch: DATAPATH });
    expect(await shown()).to.contain('CN = cloakflow');
    const replace = async (part: string, source: string) => {
      await copyFile(join(folder, source), join(folder, 'next.pem'));
      await rename(join(folder, 'next.pem'), join(folder, `cloakflow-${part}.pem`));
    };
    await replace('cert', 'renewed-cert.pem');
    await running.has('tls-files-refused');
    expect(await shown()).to.contain('CN = cloakflow');
    await replace('privkey', 'renewed-privkey.pem');
    await running.has('tls-reloaded');
    expect(await shown()).to.contain('CN = renewed');
    expect(running.logged('switch-disconnected')).to.deep.equal([]);
    await sandbox.restartVswitchd('SIGKILL');
    await running.has('switch-connected', { switch: DATAPATH }, 2);
  });

  it('warns of a plain endpoint that others can reach', async () => {
    const running = await start("listen: ['ptcp:0:0.0.0.0', 'ptcp:0']\napps: []\n");
    expect(running.logged('endpoint-exposed')).to.have.length(1);
  });

  it('says which file cannot be used, and does not start then', async () => {
    const file = join(folder, 'broken.yaml');
    await writeFile(file, yaml[0]!.replace('cloakflow-privkey.pem', 'none.pem'));
    const { exitCode, stderr } = await runCommand([process.execPath, CLI, 'run', file]);
    expect(exitCode).to.not.equal(0);
    expect(stderr).to.contain('none.pem cannot be read');
  });
});
