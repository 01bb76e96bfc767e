// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/**
 * When a page and its objects are there, asks for decoys: so many that requests are a multiple of a number, and all that was
 * sent comes up to a step of the ladder. `quiet` resolves when they are there.
 */
export function decoyFetcher({ ladder, unit, native }, { settled }) {
  const LEAST = 65_536;
  const REQUESTS = 8;
  if (!ladder || window.top !== window) return { quiet: Promise.resolve() };

  function stepFrom(bytes: number): number {
    let step = LEAST;
    while (step < bytes) step *= ladder;
    return step;
  }

  async function fill(): Promise<void> {
    await settled();
    const entries = ['navigation', 'resource']
      .flatMap(kind => performance.getEntriesByType(kind))
      .filter(({ name, encodedBodySize }) => name.startsWith(location.origin) && encodedBodySize > 0);
    // Each with its head.
    const sent = entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize + unit, 0);
    const count = REQUESTS - (entries.length % REQUESTS);
    const missing = stepFrom(sent + 2 * count * unit) - sent - count * unit;
    const weights = Array.from({ length: count }, () => Math.random() + 0.05);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    let ended = 0;
    let weighed = 0;
    await Promise.all(
      weights.map(async weight => {
        weighed += weight;
        const end = Math.round((missing * weighed) / whole / unit) * unit;
        const length = Math.max(unit, end - ended);
        ended += length;
        // Of lengths that requests of objects may have.
        const filling = 'x'.repeat(Math.floor(Math.random() * 64));
        const headers = { 'Popsicl-Decoy': String(length), 'Popsicl-Filling': filling };
        const answer = await native.fetch(location.href, { headers, priority: 'low', cache: 'no-store' });
        await answer.arrayBuffer();
      }),
    );
  }

  const loaded = new Promise(resolve => addEventListener('load', resolve));
  return { quiet: loaded.then(fill).catch(() => {}) };
}
