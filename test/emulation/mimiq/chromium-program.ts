/**
 * `node chromium-program.js ADDRESS PORT PIN`: Chromium fetches `/small` from server.example, one after the other over QUIC only,
 * until standard input ends; prints `fetched N` for each, and the SHA-256 of all bodies with how many had it as JSON at the end.
 */
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';
import { QUIC_NAME } from '../../../mininet/traffic/quic-server.js';

const [address, port, pin] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  chromiumSandbox: false,
  args: [
    `--origin-to-force-quic-on=${QUIC_NAME}:${port}`,
    `--ignore-certificate-errors-spki-list=${pin}`,
    `--host-resolver-rules=MAP ${QUIC_NAME} [${address}], MAP * ~NOTFOUND`,
  ],
});
const sums: Record<string, number> = {};
let isEnded = false;
process.stdin.resume().on('end', () => {
  isEnded = true;
});
try {
  const tab = await browser.newPage();
  await tab.goto(`https://${QUIC_NAME}:${port}/index.html`);
  for (let index = 1; !isEnded; index++) {
    const body = await tab.evaluate(async () => {
      const answer = await fetch('/small', { cache: 'no-store' } as RequestInit);
      return Array.from(new Uint8Array(await answer.arrayBuffer()));
    });
    const sum = createHash('sha256').update(Uint8Array.from(body)).digest('hex');
    sums[sum] = (sums[sum] ?? 0) + 1;
    process.stdout.write(`fetched ${index}\n`);
  }
} finally {
  await browser.close();
}
process.stdout.write(`${JSON.stringify(sums)}\n`);
process.exit(0);
