import { isDeepStrictEqual } from 'node:util';
import {
  buildFrame,
  type Layer,
  LldpView,
  PacketError,
  parseFrame,
  parsePacket,
} from '../../../controller/packet/index.js';
import { VIEWS, type ViewClass } from '../packet-views.js';
import { Random } from '../random.js';
import { type FuzzTarget, promise } from '../target.js';

/** Where headers of usual frames begin. */
const OFFSETS = [0, 14, 18, 34, 38, 54];
const BEFORE = 32;
const BEHIND = 2048;

/** Frames: nothing but PacketError; what is parsed is built back without loss; views read nothing outside their span. */
export const packetTarget: FuzzTarget = {
  name: 'packet',
  run(input) {
    readViews(input.subarray(Random.of(input).pick(OFFSETS)));
    if (input.length > 14) buildsBack(input.subarray(14), parsePacket);
    return buildsBack(input, parseFrame);
  },
};

function buildsBack(bytes: Uint8Array, parse: typeof parseFrame): string {
  let layers: Layer[];
  try {
    layers = parse(bytes);
  } catch (error) {
    return `refused ${refusal(error)}`;
  }
  promise(Buffer.compare(buildFrame(layers), bytes) === 0, 'what is parsed is not built back');
  try {
    parse(bytes, { verifyChecksums: true });
  } catch (error) {
    refusal(error);
  }
  return `accepted ${layers.map(layer => layer.type).join(' ')}`;
}

function readViews(packet: Uint8Array): void {
  const [zeros, ones] = [0x00, 0xff].map(filling => {
    const buffer = new Uint8Array(BEFORE + packet.length + BEHIND).fill(filling);
    buffer.set(packet, BEFORE);
    return buffer;
  });
  for (const View of VIEWS) {
    for (const partial of [false, true]) {
      const end = BEFORE + packet.length;
      const same = isDeepStrictEqual(
        everything(View, zeros!, BEFORE, end, partial),
        everything(View, ones!, BEFORE, end, partial),
      );
      promise(same, `${View.name} reads outside its span`);
    }
  }
}

/** What all getters of a view give, or its refusal. */
function everything(
  View: ViewClass,
  bytes: Uint8Array,
  start: number,
  end: number,
  partial: boolean,
): unknown[] {
  let view: object;
  try {
    view = new View(bytes, start, end, partial);
  } catch (error) {
    return [refusal(error)];
  }
  const values: unknown[] = [];
  for (
    let type = Object.getPrototypeOf(view) as object;
    type !== Object.prototype;
    type = Object.getPrototypeOf(type) as object
  ) {
    for (const { get } of Object.values(Object.getOwnPropertyDescriptors(type))) {
      const value: unknown = get?.call(view);
      values.push(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value);
    }
  }
  if (view instanceof LldpView) {
    view.forEach((type, value) => {
      values.push(type, Buffer.from(value).toString('hex'));
    });
  }
  return values;
}

function refusal(error: unknown): string {
  if (error instanceof PacketError) return `${error.code} ${error.offset ?? ''}`;
  throw error;
}
