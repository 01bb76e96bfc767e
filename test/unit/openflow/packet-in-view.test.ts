import { expect } from 'chai';
import {
  encodeToBytes,
  type Match,
  OpenflowError,
  PacketInReason,
  PacketInView,
  Port,
} from '../../../controller/openflow/index.js';

const frame = Uint8Array.from({ length: 60 }, (_, index) => index);

function packetIn(match: Match, data = frame): Uint8Array {
  return encodeToBytes({
    type: 'packet-in',
    xid: 9,
    bufferId: 5,
    totalLen: 1500,
    reason: 'action',
    tableId: 4,
    cookie: 0xc10a_0001_8000_0002n,
    match,
    data,
  });
}

/** A view of `bytes` in the middle of a larger buffer. */
function viewOf(bytes: Uint8Array): PacketInView {
  const buffer = new Uint8Array(bytes.length + 20).fill(0xee);
  buffer.set(bytes, 10);
  return PacketInView.from(buffer, new DataView(buffer.buffer), 10, bytes.length);
}

describe('PacketInView', () => {
  it('reads every field in place', () => {
    const view = viewOf(packetIn({ inPort: 7, metadata: 3n }));
    expect(view).to.include({
      xid: 9,
      bufferId: 5,
      totalLength: 1500,
      reason: PacketInReason.action,
      tableId: 4,
      cookieHigh: 0xc10a0001,
      cookieLow: 0x80000002,
      cookie: 0xc10a_0001_8000_0002n,
      inPort: 7,
      dataLength: 60,
    });
    expect(view.data).to.deep.equal(frame);
    expect(view.data.buffer).to.equal(view.buf.buffer);
    expect(view.match).to.deep.equal({ inPort: 7, metadata: 3n });
  });

  it('finds in_port behind other fields, and says ANY without one', () => {
    expect(viewOf(packetIn({ tunnelId: 1n, ethType: 0x0800, inPort: 7 })).inPort).to.equal(7);
    expect(viewOf(packetIn({ tunnelId: 1n })).inPort).to.equal(Port.ANY);
    expect(viewOf(packetIn({})).inPort).to.equal(Port.ANY);
  });

  it('takes a message without a frame', () => {
    const view = viewOf(packetIn({ inPort: 1 }, new Uint8Array(0)));
    expect(view.dataLength).to.equal(0);
    expect(view.data.length).to.equal(0);
  });

  it('becomes the object that decode gives', () => {
    const bytes = packetIn({ inPort: 7 });
    expect(viewOf(bytes).toObject()).to.deep.include({
      type: 'packet-in',
      xid: 9,
      reason: 'action',
      data: frame,
    });
  });

  it('stays valid after its buffer changes once it is detached, also from a Buffer', () => {
    const buffer = Buffer.from(packetIn({ inPort: 7 }));
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const attached = PacketInView.from(buffer, view, 0, buffer.length);
    const detached = attached.detach();
    const object = attached.toObject();
    buffer.fill(0xff);
    expect(detached.inPort).to.equal(7);
    expect(detached.data).to.deep.equal(frame);
    expect(object.data).to.deep.equal(frame);
  });

  it('is data of a PACKET_OUT, byte for byte, whatever its length', () => {
    for (const length of [0, 1, 3, 4, 59, 60, 191, 192, 193, 1500]) {
      const data = Uint8Array.from({ length }, (_, index) => index * 7);
      const view = viewOf(packetIn({ inPort: 1 }, data));
      const sent = encodeToBytes({ type: 'packet-out', actions: [], data: view });
      expect(sent).to.deep.equal(encodeToBytes({ type: 'packet-out', actions: [], data }));
    }
  });

  it('is refused as data when its range is not within its buffer', () => {
    const view = viewOf(packetIn({ inPort: 1 }));
    for (const wrong of [{ dataOffset: -1 }, { dataLength: 1e6 }, { dataLength: 1.5 }, { view: undefined }]) {
      const { buf, view: over, dataOffset, dataLength } = view;
      const data = { buf, view: over, dataOffset, dataLength, ...wrong } as unknown as PacketInView;
      expect(() => encodeToBytes({ type: 'packet-out', actions: [], data }))
        .to.throw(OpenflowError)
        .with.property('field', 'packet-out.data');
    }
  });

  it('refuses what is not a whole PACKET_IN', () => {
    const bytes = packetIn({ inPort: 7 });
    const refuse = (change: (copy: Uint8Array) => void, length = bytes.length) => {
      const copy = bytes.slice();
      change(copy);
      try {
        PacketInView.from(copy, new DataView(copy.buffer), 0, length);
      } catch (error) {
        expect(error).to.be.instanceOf(OpenflowError);
        return (error as OpenflowError).code;
      }
      throw new Error('was accepted');
    };
    expect(refuse(() => {}, 33)).to.equal('bad-length');
    expect(refuse(() => {}, bytes.length + 1)).to.equal('bad-length');
    expect(refuse(copy => copy.set([11], 1))).to.equal('bad-length');
    expect(refuse(copy => copy.set([0, 0], 24))).to.equal('bad-type');
    expect(refuse(copy => copy.set([0, 3], 26))).to.equal('bad-length');
    expect(refuse(copy => copy.set([0, 200], 26))).to.equal('bad-length');
  });

  it('says where a match is malformed when the match is asked for', () => {
    const bytes = packetIn({ inPort: 7, ethType: 0x0800 });
    bytes[24 + 4 + 8 + 3] = 3;
    const view = viewOf(bytes);
    expect(view.inPort).to.equal(7);
    expect(() => view.match)
      .to.throw(OpenflowError)
      .with.property('offset', 36);
  });
});
