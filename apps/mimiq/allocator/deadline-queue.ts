/** Numbers by the time at which something is due for them: a binary heap. The same number may stand in it often. */
export class DeadlineQueue {
  private times: number[] = [];
  private ids: number[] = [];

  get size(): number {
    return this.times.length;
  }

  /** The earliest time; Infinity when nothing is due. */
  get next(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY;
  }

  add(time: number, id: number): void {
    const { times, ids } = this;
    let index = times.length;
    times.push(time);
    ids.push(id);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (times[parent]! <= time) break;
      times[index] = times[parent]!;
      ids[index] = ids[parent]!;
      index = parent;
    }
    times[index] = time;
    ids[index] = id;
  }

  /** Takes one number out whose time is not after `now`; undefined when there is none. */
  take(now: number): number | undefined {
    const { times, ids } = this;
    if (times.length === 0 || times[0]! > now) return undefined;
    const first = ids[0]!;
    const time = times.pop()!;
    const id = ids.pop()!;
    const length = times.length;
    if (length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      times[index] = times[child]!;
      ids[index] = ids[child]!;
      index = child;
    }
    times[index] = time;
    ids[index] = id;
    return first;
  }
}
