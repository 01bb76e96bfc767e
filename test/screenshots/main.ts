/**
 * Pictures of the portal for the documentation, from a real cloud in Mininet and a real browser. Not part of the tests.
 *
 *     npm run screenshots
 *
 * Writes docs/how-to/images/portal-{form,result}-{light,dark}.png. Wants root, Mininet and Chromium.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { domainOf, PORTAL } from '../../mininet/demo/popsicl-cloud.js';
import { CHROMIUM } from '../emulation/popsicl/chromium-user.js';
import { CloudAtWork } from '../emulation/popsicl/cloud-at-work.js';

const FOLDER = fileURLToPath(new URL('../../../docs/how-to/images', import.meta.url));
const TENANT = 'tenant-c';
const WIDTH = 760;

await mkdir(FOLDER, { recursive: true });
{
  await using cloud = await CloudAtWork.start([TENANT]);
  await using person = await CHROMIUM.start(cloud.network.host('alice'), join(cloud.folder, 'alice-home'), {
    authorities: [join(cloud.folder, 'registry/ca/ca.pem')],
  });
  const page = await person.newPage();
  await page.setViewportSize({ width: WIDTH, height: 600 });
  await page.goto(`https://${PORTAL.name}/`);
  await page.fill('#domain', domainOf(TENANT));
  await shoot(page, 'portal-form');
  await page.click('#submit');
  await page.waitForSelector('#bookmark');
  await shoot(page, 'portal-result');
}
console.log(`Written to ${FOLDER}.`);
process.exit(0);

async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), fullPage: true });
  }
}
