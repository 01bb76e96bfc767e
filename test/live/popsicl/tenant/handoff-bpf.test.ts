import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { HandoffProgram } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { type Namespace, type RunningCommand, until } from '../../../../mininet/driver/index.js';
import { HandedOffClient, type Segment } from './raw-client.js';
import { referenceCookie, sipHash } from './reference-cookie.js';
import { TenantLink } from './tenant-link.js';

const OBJECT = fileURLToPath(new URL('../../../../../native/build/handoff.bpf.o', import.meta.url));
/** Echoes; ends a connection by itself after `bye`. */
const ECHO = `require('net').createServer(s => s.on('error', () => {}).on('data',
  d => String(d) === 'bye' ? s.end(d) : s.write(d))).listen(443, '::', () => console.log('ready'))`;
type Family = keyof TenantLink['ports'];
const KEY = randomBytes(16);
const NEXT_KEY = randomBytes(16);

it('the reference SipHash gives the vector of the SipHash paper', () => {
  const counting = Uint8Array.from({ length: 16 }, (_, index) => index);
  expect(sipHash(counting, counting.subarray(0, 15))).to.equal(0xa129ca6149be45e5n);
});

describe('the BPF program of a tenant', () => {
  let folder: string;
  let link: TenantLink;
  let tenant: Namespace;
  let outside: Namespace;
  let listener: RunningCommand;
  let program: HandoffProgram;
  let ports: TenantLink['ports'];
  let nextPort = 20_000;

  before(async function () {
    if (!existsSync(OBJECT)) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-tenant-'));
    link = await TenantLink.create();
    ({ tenant, outside, ports } = link);
    listener = await tenant.spawn([process.execPath, '-e', ECHO]);
    await listener.printed(/ready/);
    program = await load();
    await program.setKey({ epoch: 6, key: KEY, tenantWindowScale: 7 });
  });
  after(async () => {
    await link?.[Symbol.asyncDispose]();
    if (!folder) return;
    await HandoffProgram.unmount(folder);
    await rm(folder, { recursive: true, force: true });
  });

  function load(): Promise<HandoffProgram> {
    return HandoffProgram.load({
      interface: 't0',
      object: OBJECT,
      runFolder: folder,
      run: async (argv, input = '') => (await tenant.run(argv, { check: true, input })).stdout,
    });
  }

  function client(family: Family, options: Partial<ConstructorParameters<typeof HandedOffClient>[1]> = {}) {
    return new HandedOffClient(ports[family], { key: KEY, port: nextPort++, ...options });
  }

  /** What `ss -tino` says of the tenant's end of a connection. */
  async function socketOf({ port }: HandedOffClient): Promise<string> {
    const { stdout } = await tenant.run(['ss', '-Htinon', 'state', 'established', `dport = :${port}`]);
    return stdout;
  }

  /** Sends a whole connection after the segments in question and waits for it, so that they are through. */
  async function settled(family: Family): Promise<void> {
    const later = client(family);
    later.send('later');
    await later.echoed('later');
  }

  for (const family of ['IPv4', 'IPv6'] as const) {
    describe(`over ${family}`, () => {
      it('accepts a connection with the data of its first segment, at the right numbers', async () => {
        const one = client(family);
        one.send('hello ');
        const [first] = await one.echoed('hello ');
        expect(first!.acknowledgement).to.equal((one.clientIsn + 7) >>> 0);
        expect(first!.sequence).to.equal((one.cookie.sequence + 1) >>> 0);
        const stamp = first!.options.find(option => option.type === 'timestamps');
        expect(stamp).to.include({ echo: one.tsval });
        // Later for the client (RFC 7323 section 5.3), and not by so much that it would be earlier.
        expect(stampOf(first!) - one.cookie.tsval).to.be.within(0, 2 ** 23);
        one.send('again', 6);
        await one.echoed('hello again');
        expect(one.resets()).to.deep.equal([]);
      });

      it('believes the round trip that the controller tells', async () => {
        const one = client(family);
        const told = 0x4000_0000 + 250 * 256 + (one.cookie.tsval & 0xff);
        one.send('hello ', 0, { echo: told - one.cookie.tsval });
        const [first] = await one.echoed('hello ');
        const [, trip, least] = / rtt:([\d.]+)\/.* minrtt:([\d.]+)/.exec(await socketOf(one)) ?? [];
        // The kernel's own clock goes on between two looks.
        expect(Number(trip)).to.be.within(250, 1000);
        expect(Number(least)).to.be.within(250, 1000);
        expect(stampOf(first!) - one.cookie.tsval).to.be.within(0, 2 ** 31 - 1);
      });

      it('measures no round trip but those of its own data, where it is told none', async () => {
        const one = client(family);
        one.send('hello ');
        const [first] = await one.echoed('hello ');
        expect(await socketOf(one))
          .to.match(/ cwnd:/)
          .and.not.match(/ (rtt|minrtt):/);
        one.send('again', 6, { echo: stampOf(first!) - one.cookie.tsval });
        await one.echoed('hello again');
        expect(await socketOf(one)).to.match(/ rtt:.* minrtt:/);
      });

      it('restores timestamps, SACK, both window scales and the MSS, each only when it was agreed on', async () => {
        const all = client(family, { windowScale: 9 });
        const noStamps = client(family, { timestamps: false });
        const noSack = client(family, { sack: false });
        const noScale = client(family, { windowScale: undefined });
        const nothing = client(family, { timestamps: false, sack: false, windowScale: undefined });
        for (const one of [all, noStamps, noSack, noScale, nothing]) {
          one.send('x');
          await one.echoed('x');
        }
        const mss = family === 'IPv4' ? 1460 : 1440;
        expect(await socketOf(all)).to.match(/\bts sack .*\bwscale:9,7\b/);
        expect(await socketOf(all)).to.match(new RegExp(`\\bmss:${mss - 12}\\b`));
        expect(await socketOf(noStamps))
          .to.match(/\bsack .*\bwscale:7,7\b/)
          .and.not.match(/\bts\b/);
        expect(await socketOf(noStamps)).to.match(new RegExp(`\\bmss:${mss}\\b`));
        expect(await socketOf(noSack))
          .to.match(/\bts .*\bwscale:7,7\b/)
          .and.not.match(/\bsack\b/);
        expect(await socketOf(noScale))
          .to.match(/\bts sack\b/)
          .and.not.match(/\bwscale\b/);
        expect(await socketOf(nothing)).to.not.match(/\bts\b|\bsack\b|\bwscale\b/);
      });

      it('takes every entry of the MSS table', async () => {
        for (let mssIndex = 0; mssIndex < 8; mssIndex++) {
          const one = client(family, { mssIndex });
          one.send('x');
          await one.echoed('x');
        }
        const smallest = client(family, { mssIndex: 0, timestamps: false });
        smallest.send('x');
        await smallest.echoed('x');
        expect(await socketOf(smallest)).to.match(family === 'IPv4' ? /\bmss:536\b/ : /\bmss:1220\b/);
      });

      it('ignores a cookie with a wrong bit anywhere in its hashes, which the kernel answers with RST', async () => {
        for (const acknowledgement of [1 << 20, 1 << 27]) {
          const one = client(family);
          one.send('x', 0, { acknowledgement });
          await until('the RST', () => one.resets().length === 1);
        }
        const wrongEcho = client(family);
        wrongEcho.send('x', 0, { echo: 2 });
        const wrongSecond = client(family);
        wrongSecond.send('x', 0, { acknowledgement: 1 << 8 });
        await settled(family);
        expect(await socketOf(wrongEcho)).to.equal('');
        expect(await socketOf(wrongSecond)).to.equal('');
      });

      it('drops a second segment that overtook the first, and takes both when they come again', async () => {
        const one = client(family);
        const before = await program.counts();
        one.send('world', 6);
        await settled(family);
        expect(one.raw.to(one.port)).to.deep.equal([]);
        expect((await program.counts()).overtaken).to.equal(before.overtaken + 1);
        one.send('hello ');
        await one.echoed('hello ');
        one.send('world', 6);
        await one.echoed('hello world');
        expect(one.resets()).to.deep.equal([]);
      });

      it('takes a port that the listener still remembers in TIME_WAIT, when the first segment comes again', async () => {
        const old = client(family);
        old.send('bye');
        await old.echoed('bye');
        await until('the end', () => old.heard().some(segment => segment.flags.includes('fin')));
        old.finish(3);
        await until('TIME_WAIT', async () => {
          const { stdout } = await tenant.run(['ss', '-Htn', 'state', 'time-wait', `dport = :${old.port}`]);
          return stdout !== '';
        });
        const anew = client(family, { port: old.port, clientIsn: 0x12345678 });
        anew.send('hello');
        await settled(family);
        anew.send('hello');
        await anew.echoed('hello');
        expect(anew.resets()).to.deep.equal([]);
      });

      it('takes a port whose former connection the client has lost, when the first segment comes again', async () => {
        const old = client(family);
        old.send('hello ');
        await old.echoed('hello ');
        old.send('again', 6);
        await old.echoed('hello again');
        const anew = client(family, { port: old.port, clientIsn: 0x12345678 });
        anew.send('hello');
        await settled(family);
        expect(await socketOf(old)).to.equal('');
        anew.send('hello');
        await anew.echoed('hello');
        expect(anew.resets()).to.deep.equal([]);
      });

      it('ends no connection by its own first segment, whenever that comes again', async () => {
        const one = client(family);
        one.send('hello ');
        await one.echoed('hello ');
        one.send('again', 6);
        await one.echoed('hello again');
        one.send('hello ');
        await settled(family);
        one.send('!', 11);
        await one.echoed('hello again!');
      });

      it('ends no connection by a segment of its own that bears a whole cookie by chance', async () => {
        const one = client(family, { timestamps: false });
        one.send('hello ');
        await one.echoed('hello ');
        const marked = (offset: number) => {
          const clientIsn = (one.clientIsn + offset) >>> 0;
          return referenceCookie(KEY, { ...one.syn, clientIsn }).sequence === one.cookie.sequence;
        };
        let offset = 100;
        while (!marked(offset)) offset++;
        expect(offset).to.be.below(60_000);
        one.send('later', offset, { acknowledgement: -'hello '.length });
        await settled(family);
        one.send('again', 6);
        await one.echoed('hello again');
        expect(one.resets()).to.deep.equal([]);
      });

      it('ends no connection that the listener answered itself', async () => {
        const raw = ports[family];
        const cookie = client(family).cookie.sequence;
        let port = 0;
        let acknowledgement = 0;
        const heard = () => raw.to(port);
        // The kernel's own number has the mark of a cookie now and then.
        do {
          port = nextPort++;
          raw.send(port, { sequence: 999, acknowledgement: 0, flags: ['syn'] });
          await until('the SYN-ACK', () => heard().length > 0);
          acknowledgement = (heard()[0]!.sequence + 1) >>> 0;
        } while ((acknowledgement - 1) >>> 20 === cookie >>> 20);
        const say = (text: string, sequence: number, echoed: number) =>
          raw.send(port, {
            sequence,
            acknowledgement: (acknowledgement + echoed) >>> 0,
            flags: ['psh', 'ack'],
            data: Buffer.from(text),
          });
        const echo = (text: string) =>
          until(`the echo of ${text}`, () => heard().some(({ data }) => String(data) === text));
        say('one', 1000, 0);
        await echo('one');
        client(family, { port }).send('x');
        await settled(family);
        say('two', 1003, 3);
        await echo('two');
      });

      it('takes keys of two epochs, and not of the one before', async () => {
        const old = client(family);
        const next = client(family, { key: NEXT_KEY });
        await program.setKey({ epoch: 7, key: NEXT_KEY, tenantWindowScale: 10 });
        for (const one of [old, next]) {
          one.send('x');
          await one.echoed('x');
        }
        expect(await socketOf(old)).to.match(/\bwscale:7,7\b/);
        expect(await socketOf(next)).to.match(/\bwscale:7,10\b/);
        await program.setKey({ epoch: 8, key: randomBytes(16), tenantWindowScale: 7 });
        const late = client(family);
        late.send('x');
        await settledWith(family, NEXT_KEY);
        expect(await socketOf(late)).to.equal('');
        await program.setKey({ epoch: 6, key: KEY, tenantWindowScale: 7 });
        await program.clearKey(7);
        const gone = client(family, { key: NEXT_KEY });
        gone.send('x');
        await settled(family);
        expect(await socketOf(gone)).to.equal('');
      });

      it('leaves connections alone that the listener answers itself', async () => {
        const address = family === 'IPv4' ? '10.9.0.2' : 'fd09::2';
        const script = `const s = require('net').connect(443, '${address}'); let n = 0;
          s.on('data', d => { n += d.length; if (n === 1 << 20) { console.log('whole'); s.destroy(); } });
          s.write(Buffer.alloc(1 << 20))`;
        const before = await program.counts();
        const { stdout } = await outside.run([process.execPath, '-e', script], { timeout: 60_000 });
        expect(stdout).to.equal('whole\n');
        expect((await program.counts()).accepted).to.equal(before.accepted);
      });
    });
  }

  function stampOf({ options }: Segment): number {
    return options.find(option => option.type === 'timestamps')!.value;
  }

  async function settledWith(family: Family, key: Uint8Array): Promise<void> {
    const later = client(family, { key });
    later.send('later');
    await later.echoed('later');
  }

  it('stays with its keys when it is loaded again', async () => {
    program = await load();
    const one = client('IPv4');
    one.send('x');
    await one.echoed('x');
  });

  it('stays with its keys when the mount of its pins is gone', async () => {
    await HandoffProgram.unmount(folder);
    program = await load();
    await settled('IPv4');
    expect((await program.counts()).accepted).to.be.above(1);
  });

  it('mounts nothing where a link leads elsewhere, and writes through none', async () => {
    const [other, victim] = [join(folder, 'other'), join(folder, 'victim')];
    await HandoffProgram.unmount(folder);
    await mkdir(other);
    await rename(join(folder, 'bpf'), join(folder, 'bpf-before'));
    await symlink(other, join(folder, 'bpf'));
    const outcome = await load().catch((error: { code: string }) => error.code);
    expect(outcome).to.equal('program-failed');
    await rm(join(folder, 'bpf'));
    await writeFile(victim, 'of root');
    await rm(join(folder, 'handoff-t0.json'));
    await symlink(victim, join(folder, 'handoff-t0.json'));
    program = await load();
    await program.setKey({ epoch: 6, key: KEY, tenantWindowScale: 7 });
    expect(await readFile(victim, 'utf8')).to.equal('of root');
    expect(JSON.parse(await readFile(join(folder, 'handoff-t0.json'), 'utf8'))).to.have.property('sum');
  });

  it('counts what the kernel refuses', async () => {
    await tenant.script(['sysctl -qw net.ipv4.tcp_sack=0']);
    try {
      const before = await program.counts();
      const one = client('IPv4');
      one.send('x');
      await until('the count', async () => (await program.counts()).refused === before.refused + 1);
    } finally {
      await tenant.script(['sysctl -qw net.ipv4.tcp_sack=1']);
    }
  });
});
