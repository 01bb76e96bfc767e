import { html } from 'hono/html';
import type { Page } from '../page/page.js';
import type { Registration } from '../registry/reports.js';
import { steps } from './steps.js';

export interface ResultFacts {
  readonly registration: Registration;
  readonly link: (path: string) => string;
}

const PKCS12 = 'application/x-pkcs12';

/** Everything that registration gives, on one page that is shown once. The files are in the page itself: no URL leads to them. */
export function resultPage({ registration, link }: ResultFacts): Page {
  const { name, url, expiresAt, pkcs12, linker } = registration;
  const label = name.split('.')[0]!;
  const files = { authority: 'cloud-ca.pem', own: `${label}.p12`, old: `${label}-old.p12` };
  const file = (id: string, bytes: Uint8Array, fileName: string, text: string) =>
    html`<a id="${id}" href="data:${PKCS12};base64,${Buffer.from(bytes).toString('base64')}"
download="${fileName}">${text}</a>`;
  const expires = new Date(expiresAt).toISOString().slice(0, 10);
  return {
    title: 'Your private name',
    status: 201,
    formTargets: linker === undefined ? [] : [`https://${linker.name}`],
    main: html`<main id="main">
<h1 tabindex="-1" autofocus>Your private name is ready</h1>
<div class="note bad"><p><strong>This page is shown once.</strong> Keep the files, the password${
      linker?.code === undefined ? '' : ' and the linker code'
    } before you leave it: nobody has them afterwards, not even the cloud.</p></div>
<section class="sheet" aria-labelledby="keep">
<h2 id="keep">1. Keep these</h2>
<dl>
<dt>Your private name</dt>
<dd><code id="name">${name}</code>, until <time datetime="${expires}">${expires}</time></dd>
${
  pkcs12 === undefined
    ? ''
    : html`<dt>Password of the files</dt>
<dd><code class="secret" id="password">${pkcs12.password}</code></dd>
<dt>Certificate for the private name</dt>
<dd>${file('p12', pkcs12.modern, files.own, files.own)}, or in the older form for macOS and old systems
${file('p12-old', pkcs12.old, files.old, files.old)}</dd>`
}
${
  linker?.pkcs12 === undefined
    ? ''
    : html`<dt>Certificate for the linker</dt>
<dd>${file('linker-p12', linker.pkcs12.modern, 'linker.p12', 'linker.p12')}, or in the older form
${file('linker-p12-old', linker.pkcs12.old, 'linker-old.p12', 'linker-old.p12')}</dd>`
}
${
  linker?.code === undefined
    ? ''
    : html`<dt>Linker code, for your next private names</dt>
<dd><code class="secret" id="linker-code">${linker.code}</code></dd>`
}
<dt>Certificate of the cloud’s authority, if you have not imported it yet</dt>
<dd><a id="ca" href="${link('/ca.pem')}" download="${files.authority}">${files.authority}</a></dd>
</dl>
</section>
<section aria-labelledby="import">
<h2 id="import">2. Import the certificates</h2>
${steps({ files, url })}
</section>
<section aria-labelledby="open">
<h2 id="open">3. Open and bookmark</h2>
<p>Bookmark this link, and always use the bookmark: its last part opens the website, and is as secret as a password.</p>
<p><a id="bookmark" href="${url}" rel="noreferrer">${url}</a></p>
<p>If the website appears, this browser is set up. If the browser warns that it does not know who issued the site’s certificate, it
lacks the authority. If it says that a certificate is required or was not accepted, it lacks yours: restart it after the
import.</p>
</section>
${
  linker === undefined
    ? ''
    : html`<section aria-labelledby="test">
<h2 id="test">4. Test</h2>
<p>The linker says whether this browser trusts the cloud and has your certificate. When the browser asks which certificate to show,
choose the one for the linker.</p>
<form id="check" method="get" action="https://${linker.name}/check" target="_blank" rel="noopener"><button type="submit" id="check-button">Test this browser</button></form>
</section>`
}
<p><a href="${link('/')}">Get another private name</a></p>
</main>`,
  };
}
