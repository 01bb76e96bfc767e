/** Codecs written by hand: custom/<codec>.ts exports a type, its Decoded type, and encode and decode functions. */
import type { Model } from './model.js';
import { pascal } from './names.js';

export interface CustomCodec {
  readonly codec: string;
  readonly type: string;
}

/** 'learn-specs' -> 'LearnSpecs' */
export const customTypeName = (codec: string): string => pascal(codec);

export function customCodecs(model: Model): CustomCodec[] {
  const codecs = new Set<string>();
  for (const { fields } of model.shapes) {
    for (const field of fields) if (field.kind === 'custom') codecs.add(field.codec);
  }
  return [...codecs].sort().map(codec => ({ codec, type: customTypeName(codec) }));
}
