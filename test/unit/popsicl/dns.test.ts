import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import dnsPacket, { type DecodedPacket, type Packet } from 'dns-packet';
import type { DnsServer } from '../../../apps/popsicl/dns/dns-server.js';
import { readQuery } from '../../../apps/popsicl/dns/query.js';
import { writeAnswer } from '../../../apps/popsicl/dns/response.js';
import { ResponseRate } from '../../../apps/popsicl/dns/response-rate.js';
import { DOMAIN, exampleZone, KNOWN, plan, STATELESS, startExample } from './example-zone.js';

const question = (name: string, type: string, extra: Partial<Packet> = {}): Buffer =>
  dnsPacket.encode({
    type: 'query',
    id: 4711,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ type: type as 'A', name }],
    ...extra,
  });

/** The answer of a zone, as over UDP unless told otherwise. */
function ask(
  bytes: Buffer,
  zone = exampleZone(),
  isUdp = true,
): DecodedPacket & { size: number; rcode: string } {
  const query = readQuery(bytes);
  if ('reason' in query) throw new Error(query.reason);
  const answer = writeAnswer(query, zone.answer(query), zone.labelCount, isUdp ? bytes.length : undefined);
  return { ...(dnsPacket.decode(answer) as DecodedPacket & { rcode: string }), size: answer.length };
}

const data = (records: DecodedPacket['answers']) =>
  records!.map(record => (record as { data: unknown }).data);

describe('zone of a cloud', () => {
  it('gives pseudonyms their addresses, of both families', () => {
    const answer = ask(question(`${KNOWN}.${DOMAIN}`, 'A'));
    expect(answer).to.include({ id: 4711, rcode: 'NOERROR', flag_aa: true, flag_ra: false, flag_rd: true });
    expect(data(answer.answers)).to.deep.equal(['198.51.100.1', '198.51.100.2']);
    expect(answer.answers![0]).to.include({ name: `${KNOWN}.${DOMAIN}`, ttl: 300 });
    expect(data(ask(question(`${KNOWN}.${DOMAIN}`, 'AAAA')).answers)).to.deep.equal(['2001:db8::1']);
  });

  it('reads the addresses of a stateless pseudonym from its name', () => {
    expect(data(ask(question(`${STATELESS}.${DOMAIN}`, 'A')).answers)).to.deep.equal(['198.51.100.77']);
    expect(data(ask(question(`${STATELESS}.${DOMAIN}`, 'AAAA')).answers)).to.deep.equal(['2001:db8::77']);
    const forged = (STATELESS[0] === 'a' ? 'b' : 'a') + STATELESS.slice(1);
    expect(ask(question(`${forged}.${DOMAIN}`, 'A')).rcode).to.equal('NXDOMAIN');
  });

  it('gives the case of the question back, and compares without it', () => {
    const mixed = 'AbCdEfGhIjKlMnOpQrStUvWxYz.PoPsIcLs.TeSt';
    const answer = ask(question(mixed, 'A'));
    expect(answer.questions![0]!.name).to.equal(mixed);
    expect(answer.answers![0]!.name).to.equal(mixed);
    expect(answer.answers).to.have.length(2);
  });

  it('says what is not there, and for how long that holds', () => {
    for (const [name, type, rcode] of [
      [`nothing.${DOMAIN}`, 'A', 'NXDOMAIN'],
      [`a.${KNOWN}.${DOMAIN}`, 'A', 'NXDOMAIN'],
      [`${'a'.repeat(26)}.${DOMAIN}`, 'A', 'NXDOMAIN'],
      [`ns1.${DOMAIN}`, 'AAAA', 'NOERROR'],
      [`${KNOWN}.${DOMAIN}`, 'MX', 'NOERROR'],
      [`${KNOWN}.${DOMAIN}`, 'NS', 'NOERROR'],
      [DOMAIN, 'TXT', 'NOERROR'],
    ] as const) {
      const answer = ask(question(name, type));
      expect(answer, name).to.include({ rcode, flag_aa: true, flag_tc: false });
      expect(answer.answers).to.deep.equal([]);
      expect(answer.authorities).to.deep.include({
        name: DOMAIN,
        type: 'SOA',
        class: 'IN',
        ttl: 60,
        flush: false,
        data: {
          mname: `ns1.${DOMAIN}`,
          rname: `hostmaster.${DOMAIN}`,
          serial: 42,
          refresh: 86_400,
          retry: 7200,
          expire: 3_600_000,
          minimum: 60,
        },
      });
    }
  });

  it('tells its servers and its own record', () => {
    expect(data(ask(question(DOMAIN, 'NS')).answers)).to.deep.equal([`ns1.${DOMAIN}`, 'ns.example.net']);
    expect(data(ask(question(DOMAIN, 'SOA')).answers)).to.have.length(1);
    expect(data(ask(question(`portal.${DOMAIN}`, 'AAAA')).answers)).to.deep.equal(['2001:db8:ffff::80']);
  });

  it('answers nothing outside, neither recursion nor transfers nor other classes', () => {
    for (const [name, type] of [
      ['example.org', 'A'],
      ['test', 'NS'],
      ['.', 'NS'],
      [`x${DOMAIN}`, 'A'],
      [DOMAIN, 'AXFR'],
      [DOMAIN, 'IXFR'],
    ] as const) {
      expect(ask(question(name, type)), name).to.deep.include({
        rcode: 'REFUSED',
        flag_aa: false,
        answers: [],
        authorities: [],
      });
    }
    const chaos = question('version.bind', 'TXT', {
      questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }],
    });
    expect(ask(chaos).rcode).to.equal('REFUSED');
  });

  it('gives ANY the one small record of RFC 8482', () => {
    const answer = ask(question(`${KNOWN}.${DOMAIN}`, 'ANY'));
    expect(answer.answers).to.have.length(1);
    expect(answer.answers![0]).to.deep.include({ type: 'HINFO', data: { cpu: 'RFC8482', os: '' } });
  });

  it('speaks EDNS version 0, and says so to those who speak another', () => {
    const opt = (version: number) => ({
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4096,
          extendedRcode: 0,
          ednsVersion: version,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ] as unknown as Packet['additionals'] & object,
    });
    const answer = ask(question(DOMAIN, 'SOA', opt(0)));
    expect(answer.additionals![0]).to.include({ type: 'OPT', udpPayloadSize: 1232, ednsVersion: 0 });
    expect(ask(question(DOMAIN, 'SOA')).additionals).to.deep.equal([]);
    const refused = ask(question(DOMAIN, 'SOA', opt(1)));
    expect(refused.additionals![0]).to.include({ extendedRcode: 1 });
    expect(refused.answers).to.deep.equal([]);
  });

  it('answers with three times the bytes of a question over UDP at most, and the rest over TCP', () => {
    const many = { ipv4: Array.from({ length: 50 }, (_, index) => `198.51.100.${index + 1}`), ipv6: [] };
    const records = exampleZone();
    (records as unknown as { options: { records: Map<string, unknown> } }).options.records.set('many', many);
    const bytes = question(`many.${DOMAIN}`, 'A');
    const udp = ask(bytes, records);
    expect(udp).to.deep.include({ flag_tc: true, answers: [] });
    expect(udp.size).to.equal(bytes.length);
    expect(ask(bytes, records, false).answers).to.have.length(50);
    for (const [name, type] of [
      [DOMAIN, 'SOA'],
      [DOMAIN, 'NS'],
      [DOMAIN, 'ANY'],
      [`x.${DOMAIN}`, 'A'],
      [`${KNOWN}.${DOMAIN}`, 'A'],
    ] as const) {
      const asked = question(name, type);
      const answer = ask(asked);
      expect(answer.size, `${name} ${type}`).to.be.at.most(3 * asked.length);
      expect(answer.flag_tc, `${name} ${type}`).to.equal(false);
    }
  });

  it('does not tell unknown names from known ones where it is to hide them', () => {
    const zone = exampleZone('alike');
    const shape = (name: string) => {
      const { answers, authorities, rcode } = ask(question(`${name}.${DOMAIN}`, 'AAAA'), zone);
      return { rcode, authorities, answers: answers!.map(each => ({ ...each, name: '', data: '' })) };
    };
    const forged = (STATELESS[0] === 'a' ? 'b' : 'a') + STATELESS.slice(1);
    expect(shape('z'.repeat(26))).to.deep.equal(shape(KNOWN));
    expect(shape(forged)).to.deep.equal(shape(STATELESS));
    const twice = [1, 2].map(() => data(ask(question(`${'z'.repeat(26)}.${DOMAIN}`, 'A'), zone).answers));
    expect(twice[0]).to.deep.equal(twice[1]);
    expect(plan.pool.contains(twice[0]![0] as string)).to.equal(true);
    expect(shape('portal2').rcode).to.equal('NXDOMAIN');
    expect(shape('w'.repeat(27)).rcode).to.equal('NXDOMAIN');
    expect(shape(`${'0'.repeat(26)}`).rcode).to.equal('NXDOMAIN');
  });

  it('tells a label with a dot in it from two labels', () => {
    const bytes = question(`x.${DOMAIN}`, 'A');
    const label = Buffer.from(KNOWN);
    const odd = Buffer.concat([
      bytes.subarray(0, 12),
      Buffer.of(label.length + 9),
      label,
      Buffer.from('.popsicls'),
      bytes.subarray(bytes.length - 10),
    ]);
    expect(ask(odd).rcode).to.equal('REFUSED');
  });
});

describe('rate of DNS answers', () => {
  it('limits what one network gets, and lets every second of the rest ask over TCP', () => {
    const rate = new ResponseRate({ perNetwork: 2, networks: 2 });
    const verdicts = (address: string, now: number) =>
      Array.from({ length: 7 }, () => rate.judge(address, now));
    expect(verdicts('192.0.2.1', 0)).to.deep.equal([
      'answer',
      'answer',
      'answer',
      'answer',
      'drop',
      'truncate',
      'drop',
    ]);
    expect(rate.judge('192.0.2.200', 0)).to.equal('truncate');
    expect(rate.judge('192.0.3.1', 0)).to.equal('answer');
    expect(rate.judge('192.0.2.1', 500)).to.equal('answer');
    expect(rate.judge('2001:db8::1', 500)).to.equal('answer');
    expect(rate.size).to.equal(2);
  });
});

describe('DNS server', () => {
  let server: DnsServer;
  let client: UdpSocket | undefined;
  afterEach(async () => {
    client?.close();
    client = undefined;
    await server.stop();
  });

  const port = () => server.listening[0]!.port;

  /** The next datagram after these; fails when none comes and one is expected. */
  async function exchange(...datagrams: Buffer[]): Promise<Buffer> {
    client ??= createSocket('udp4');
    const answer = once(client, 'message', { signal: AbortSignal.timeout(60_000) });
    for (const datagram of datagrams) client.send(datagram, port(), '127.0.0.1');
    return ((await answer) as [Buffer])[0];
  }

  async function stream(bytes: Buffer, expected: number, from = '127.0.0.1'): Promise<Buffer[]> {
    const socket = connect({ port: port(), host: '127.0.0.1', localAddress: from });
    const answers: Buffer[] = [];
    let carry = Buffer.alloc(0);
    try {
      socket.on('error', () => {});
      socket.write(bytes);
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        carry = Buffer.concat([carry, chunk]);
        while (carry.length >= 2 && carry.length >= 2 + carry.readUInt16BE(0)) {
          answers.push(carry.subarray(2, 2 + carry.readUInt16BE(0)));
          carry = carry.subarray(2 + carry.readUInt16BE(0));
        }
        if (answers.length === expected) break;
      }
    } catch (error) {
      expect(error).to.have.property('code', 'ECONNRESET');
    } finally {
      socket.destroy();
    }
    return answers;
  }

  const framed = (bytes: Buffer) => Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);

  it('answers over UDP and TCP, many questions of one connection in their order', async () => {
    server = await startExample();
    const answer = dnsPacket.decode(await exchange(question(`${KNOWN}.${DOMAIN}`, 'A')));
    expect(answer.answers).to.have.length(2);
    const questions = Array.from({ length: 5 }, (_, id) => framed(question(DOMAIN, 'SOA', { id })));
    const answers = await stream(Buffer.concat(questions), 5);
    expect(answers.map(each => dnsPacket.decode(each).id)).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('passes over what is no question, and says what is wrong with a bad one', async () => {
    server = await startExample();
    const response = question(DOMAIN, 'SOA', { type: 'response' });
    const update = question(DOMAIN, 'SOA', { id: 1, flags: 5 << 11 });
    const two = question(DOMAIN, 'SOA', {
      id: 2,
      questions: [
        { type: 'A', name: DOMAIN },
        { type: 'A', name: DOMAIN },
      ],
    });
    const codes = new Map<number, string>();
    for (const bad of [update, two]) {
      const { id, rcode } = dnsPacket.decode(
        await exchange(Buffer.of(1, 2, 3), response, bad),
      ) as DecodedPacket & { rcode: string };
      codes.set(id!, rcode);
    }
    expect([...codes]).to.deep.equal([
      [1, 'NOTIMP'],
      [2, 'FORMERR'],
    ]);
    const whole = question(`${KNOWN}.${DOMAIN}`, 'A');
    for (let length = 12; length < whole.length; length++) {
      const { rcode } = dnsPacket.decode(await exchange(whole.subarray(0, length))) as DecodedPacket & {
        rcode: string;
      };
      expect(rcode).to.equal('FORMERR');
    }
  });

  it('ends connections that send garbage, and goes on', async () => {
    server = await startExample();
    expect(await stream(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1)).to.deep.equal([]);
    expect(await stream(framed(Buffer.alloc(5)), 1)).to.deep.equal([]);
    expect(await stream(framed(question(DOMAIN, 'SOA')), 1)).to.have.length(1);
  });

  it('holds only so many connections', async () => {
    server = await startExample(exampleZone(), { maxConnections: 2 });
    const from = (localAddress: string) => connect({ port: port(), host: '127.0.0.1', localAddress });
    const held = [from('127.0.0.2'), from('127.0.0.3')];
    try {
      await Promise.all(held.map(socket => once(socket, 'connect')));
      expect(await stream(framed(question(DOMAIN, 'SOA')), 1)).to.deep.equal([]);
    } finally {
      for (const socket of held) socket.destroy();
    }
  });

  it('leaves room for others, however many connections one source wants', async () => {
    server = await startExample(exampleZone(), { maxConnections: 8 });
    const held = [connect(port(), '127.0.0.1'), connect(port(), '127.0.0.1')];
    try {
      await Promise.all(held.map(socket => once(socket, 'connect')));
      expect(await stream(framed(question(DOMAIN, 'SOA')), 1)).to.deep.equal([]);
      expect(await stream(framed(question(DOMAIN, 'SOA')), 1, '127.0.0.2')).to.have.length(1);
      expect(server.counts.refusedConnections).to.equal(1);
    } finally {
      for (const socket of held) socket.destroy();
    }
  });

  it('says where it cannot listen', async () => {
    server = await startExample();
    const failure = await startExample(exampleZone(), {
      listen: [{ address: '127.0.0.1', port: port() }],
    }).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'dns-listen');
  });

  it('sends less than it gets when somebody floods it', async () => {
    server = await startExample(exampleZone(), { rate: { perNetwork: 5, networks: 10 }, now: () => 0 });
    let answers = 0;
    client = createSocket('udp4');
    client.on('message', () => answers++);
    for (let index = 0; index < 40; index++)
      client.send(question(`${KNOWN}.${DOMAIN}`, 'A'), port(), '127.0.0.1');
    // 10 whole answers, and every second of the 30 others.
    const end = Date.now() + 60_000;
    while ((server.counts.udp < 40 || answers < 25) && Date.now() < end)
      await new Promise(resolve => setImmediate(resolve));
    expect(server.counts).to.include({ udp: 40, limited: 30 });
    expect(answers).to.equal(25);
  });
});
