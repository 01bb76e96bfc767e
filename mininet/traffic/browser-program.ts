/**
 * `node browser-program.js OPTIONS`: Chromium, which loads pages as lines of standard input (BrowserJob as JSON) say, each in a
 * fresh context without cache, and says how long each took (BrowserReport).
 */
import { createInterface } from 'node:readline';
import { type Browser, chromium } from 'playwright-core';
import type { BrowserJob, BrowserProgramOptions, BrowserReport } from './browser-pages.js';

// What is evaluated runs in the page.
declare const window: { __popsicl?: { quiet: Promise<void> } };
declare const document: {
  readyState: string;
  images: Iterable<{ complete: boolean; naturalWidth: number }>;
};

const { program, addresses, home } = JSON.parse(process.argv[2]!) as BrowserProgramOptions;
const rules = Object.entries(addresses).map(([name, address]) => `MAP ${name} ${address}`);
const browser: Browser = await chromium.launch({
  executablePath: program,
  headless: true,
  chromiumSandbox: false,
  env: { ...process.env, HOME: home },
  args: [
    `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(',')}`,
    '--disable-quic',
    '--ignore-certificate-errors',
    '--disable-background-networking',
  ],
});

async function visit({ url, images, stay, patience, socks }: BrowserJob): Promise<BrowserReport> {
  const context = await browser.newContext(
    socks === undefined ? {} : { proxy: { server: `socks5://127.0.0.1:${socks}` } },
  );
  try {
    const tab = await context.newPage();
    const began = performance.timeOrigin + performance.now();
    const answer = await tab.goto(url, { waitUntil: 'load', timeout: patience });
    // With the defence objects come after the page has loaded.
    await tab.waitForFunction(
      count => {
        const all = [...document.images];
        return all.length >= count && all.every(({ complete, naturalWidth }) => complete && naturalWidth > 0);
      },
      images,
      { polling: 5, timeout: patience },
    );
    const milliseconds = performance.timeOrigin + performance.now() - began;
    if (stay) await tab.evaluate(() => window.__popsicl?.quiet);
    return { began: began * 1000, milliseconds, status: answer?.status() ?? 0 };
  } catch (error) {
    return { began: 0, milliseconds: 0, status: 0, error: (error as Error).message.slice(0, 500) };
  } finally {
    await context.close();
  }
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const jobs = JSON.parse(line) as BrowserJob[];
  process.stdout.write(`${JSON.stringify(await Promise.all(jobs.map(visit)))}\n`);
}
await browser.close();
process.exit(0);
