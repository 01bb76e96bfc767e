import { expect } from 'chai';
import { findLayer, parseFrame } from '../../../controller/packet/index.js';

/** The echoed timestamp. */
export function echoOf(frame: Uint8Array): number {
  const stamps = findLayer(parseFrame(frame), 'tcp')!.options.find(({ type }) => type === 'timestamps');
  return (stamps as { echo: number }).echo;
}

/** What a tenant is handed instead of the echo: native/handoff-bpf/README.md. */
export const told = (echo: number, milliseconds: number) => 0x4000_0000 + milliseconds * 256 + (echo & 0xff);

/** All of a frame whose checksums are right, but the controller's clock in the echo. */
export function withoutClock(frame: Uint8Array) {
  return parseFrame(frame).map(layer => {
    if (layer.type !== 'tcp') return layer;
    expect(layer.checksum, 'a wrong checksum').to.equal(undefined);
    const options = layer.options.map(option =>
      option.type === 'timestamps' ? { ...option, echo: option.echo & 0xff } : option,
    );
    return { ...layer, options };
  });
}
