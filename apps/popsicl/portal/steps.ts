import { html } from 'hono/html';
import type { Markup } from '../page/page.js';

export interface StepFacts {
  /** Names of the files, as they are downloaded. */
  readonly files: { readonly authority: string; readonly own: string; readonly old: string };
  /** What to bookmark. */
  readonly url: string;
}

/** How the files get into the common clients. */
export function steps({ files, url }: StepFacts): Markup {
  const { authority, own, old } = files;
  const forYour = html`<strong>Your Certificates</strong>`;
  return html`<details id="steps-firefox"><summary>Firefox</summary>
<ol>
<li>Open <strong>Settings</strong>, search for <strong>certificates</strong>, and press <strong>Manage certificates</strong>
(in older versions <strong>View Certificates</strong>).</li>
<li>Under <strong>Authorities</strong>, press <strong>Import</strong>, choose <code>${authority}</code>, and tick
<strong>Trust this CA to identify websites</strong>.</li>
<li>Under ${forYour}, press <strong>Import</strong>, choose <code>${own}</code>, and give the password. Do the same with the
file for the linker, if you have one.</li>
</ol></details>
<details id="steps-chrome"><summary>Chrome, Chromium, Edge</summary>
<ol>
<li>Open <strong>Settings</strong>, <strong>Privacy and security</strong>, <strong>Security</strong>, <strong>Manage
certificates</strong>.</li>
<li>Under <strong>Custom</strong>, <strong>Trusted certificates</strong>, import <code>${authority}</code>.</li>
<li>Under ${forYour}, import <code>${own}</code> with the password. Do the same with the file for the linker, if you have
one.</li>
</ol>
<p>On Windows you can instead open the files themselves: <code>${authority}</code> goes to <strong>Trusted Root Certification
Authorities</strong>, the others to <strong>Personal</strong>. On macOS it is as for Safari.</p></details>
<details id="steps-safari"><summary>Safari, on a Mac</summary>
<ol>
<li>Open <code>${authority}</code>, add it to the keychain <strong>login</strong>, open it there, and under <strong>Trust</strong>
choose <strong>Always Trust</strong> for SSL.</li>
<li>Open <code>${old}</code> (the older form), give the password, and add it to the keychain <strong>login</strong>. Do the same
with the file for the linker, if you have one.</li>
</ol></details>
<details id="steps-curl"><summary>curl</summary>
<pre><code>curl --cacert ${authority} --cert-type P12 --cert ${own}:PASSWORD '${url}'</code></pre></details>`;
}
