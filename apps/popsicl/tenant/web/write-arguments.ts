export type Callback = (error?: Error | null) => void;

/** What `write` and `end` of a response were called with, in any of their forms. */
export function argumentsOf(
  chunk: unknown,
  encoding: unknown,
  done: unknown,
): [bytes: Buffer, done: Callback | undefined] {
  const callback = [chunk, encoding, done].find(argument => typeof argument === 'function') as
    | Callback
    | undefined;
  if (typeof chunk === 'string') {
    return [
      Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'),
      callback,
    ];
  }
  if (!(chunk instanceof Uint8Array)) return [Buffer.alloc(0), callback];
  return [Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), callback];
}

/** For what is taken at once. */
export function later(done: Callback | undefined): true {
  if (done) process.nextTick(done);
  return true;
}
