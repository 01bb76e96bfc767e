import { expect } from 'chai';
import { QuotedPacket } from '../../../apps/popsicl/segments/quoted-packet.js';
import { IpProtocol, internetChecksum, pseudoHeaderSum, sumWords } from '../../../controller/packet/index.js';

const ROUTER = [203, 0, 113, 1];
const CLIENT = [203, 0, 113, 9];
const PSEUDO = [198, 51, 100, 7];
const TENANT = Uint8Array.of(10, 0, 0, 2);

/** An error of a router about a segment from 198.51.100.7 port 443 to 203.0.113.9 port 50000, of which it quotes `quoted` bytes. */
function unreachable(quoted = 28, to = PSEUDO): Uint8Array {
  const inner = new Uint8Array(20 + 24);
  inner.set([0x45, 0, 0, 44, 0, 1, 0x40, 0, 63, IpProtocol.TCP, 0, 0, ...PSEUDO, ...CLIENT]);
  put(inner, 10, internetChecksum(inner, 0, 20));
  inner.set([443 >> 8, 443 & 0xff, 50_000 >> 8, 50_000 & 0xff, 1, 2, 3, 4], 20);
  inner[32] = 0x50;
  put(inner, 36, internetChecksum(inner, 20, 44, pseudoHeaderSum(sumWords(inner, 12, 20), 6, 24)));
  const length = 20 + 8 + quoted;
  const packet = new Uint8Array(length);
  packet.set([0x45, 0, 0, length, 0, 2, 0, 0, 64, IpProtocol.ICMPV4, 0, 0, ...ROUTER, ...to]);
  put(packet, 10, internetChecksum(packet, 0, 20));
  packet.set([3, 4, 0, 0, 0, 0, 1300 >> 8, 1300 & 0xff], 20);
  packet.set(inner.subarray(0, quoted), 28);
  put(packet, 22, internetChecksum(packet, 20, length));
  return Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, ...packet);
}

function put(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 8;
  bytes[at + 1] = word;
}

describe('an ICMP error about a connection', () => {
  it('goes to the tenant as if it had sent the packet, with every checksum as right as before', () => {
    for (const quoted of [28, 44]) {
      const packet = QuotedPacket.read(unreachable(quoted))!;
      expect(packet.isToSource).to.equal(true);
      expect(packet.ends).to.include({ family: 4, sourcePort: 443, destinationPort: 50_000 });
      packet.toMachine({ address: TENANT, port: 443, clientPort: 40_000 });
      const ip = packet.frame.subarray(14);
      expect([...ip.subarray(16, 20), ...ip.subarray(40, 44)]).to.deep.equal([...TENANT, ...TENANT]);
      expect(internetChecksum(ip, 0, 20)).to.equal(0);
      expect(internetChecksum(ip, 20, ip.length)).to.equal(0);
      expect(internetChecksum(ip, 28, 48)).to.equal(0);
      if (quoted === 44) {
        const pseudo = pseudoHeaderSum(sumWords(ip, 40, 48), IpProtocol.TCP, 24);
        expect(internetChecksum(ip, 48, 72, pseudo)).to.equal(0);
      }
      packet.toMachine({ address: Uint8Array.from(PSEUDO), port: 443, clientPort: 50_000 });
      expect([...packet.frame]).to.deep.equal([...unreachable(quoted)]);
    }
  });

  it('is none that is cut short, wrong, or goes to somebody who did not send the packet', () => {
    const whole = unreachable();
    for (let length = 0; length < whole.length; length++) {
      expect(QuotedPacket.read(whole.subarray(0, length)), String(length)).to.equal(undefined);
    }
    for (let at = 14; at < whole.length; at++) {
      const other = whole.slice();
      other[at]! ^= 0x11;
      QuotedPacket.read(other);
    }
    const wrong = whole.slice();
    wrong[14 + 26]! ^= 1;
    expect(QuotedPacket.read(wrong)).to.equal(undefined);
    expect(QuotedPacket.read(unreachable(28, [198, 51, 100, 8]))!.isToSource).to.equal(false);
  });
});
