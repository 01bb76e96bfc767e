import { html } from 'hono/html';
import type { Page } from '../page/page.js';

/** What the linker sees of a browser. */
export type CheckState = 'ready' | 'unknown-certificate' | 'no-certificate';

const WORDS: Readonly<Record<CheckState, { tone: string; title: string; text: string }>> = {
  ready: {
    tone: 'good',
    title: 'This browser is set up',
    text: 'It showed your certificate for the linker. Links between websites of this cloud lead to your private names.',
  },
  'unknown-certificate': {
    tone: 'bad',
    title: 'The certificate is no longer in use',
    text:
      'This browser showed a certificate for the linker whose private names have all ended. Remove it, and get a new one ' +
      'with your next private name.',
  },
  'no-certificate': {
    tone: 'bad',
    title: 'No certificate was shown',
    text:
      'This browser has no certificate for the linker, or you declined to show it. Import the file that the portal gave you, ' +
      'close all windows of the browser, and try again. If you chose to have no linker, all is as it should be.',
  },
};

export function checkPage(state: CheckState, portalName: string): Page {
  const { tone, title, text } = WORDS[state];
  return {
    title,
    main: html`<main id="main">
<h1>Test of this browser</h1>
<div id="result" class="note ${tone}" role="status" data-state="${state}">
<p><strong>${title}.</strong> ${text}</p>
</div>
<p>If the browser warned you before it showed this page, the cloud’s certificate authority is not imported yet: private names
will not open without warnings either.</p>
<p>Whether a private name itself is set up is told by its bookmark: the website opens, or the browser says that a certificate is
missing.</p>
<p><a href="https://${portalName}/">Back to the portal</a></p>
</main>`,
  };
}
