import { html } from 'hono/html';
import type { Page } from '../page/page.js';

/** How a person wants to be known to the linker. */
export type LinkerChoice = 'new' | 'code' | 'none';

export interface FormFacts {
  /** The portal's own URL for a path; under a pseudonym it bears the capability. */
  readonly link: (path: string) => string;
  /** SHA-256 of the cloud's root, in hexadecimal. */
  readonly fingerprint: string;
  readonly hasLinker: boolean;
  /** The capability, when the portal is visited by a pseudonym. */
  readonly isPrivate: boolean;
  /** What was typed before, and what was wrong with it. */
  readonly typed?: { readonly domain: string; readonly linker: LinkerChoice };
  readonly error?: {
    readonly status: number;
    readonly text: string;
    readonly field: 'domain' | 'code' | undefined;
  };
}

export function formPage(facts: FormFacts): Page {
  const { link, fingerprint, isPrivate, typed, error } = facts;
  const title = 'Private names for websites of this cloud';
  const described = error?.field === 'domain' ? 'error domain-hint' : 'domain-hint';
  const wrong = error?.field === 'domain' ? html` aria-invalid="true" autofocus` : '';
  return {
    title: error === undefined ? title : `Error: ${title}`,
    status: error?.status ?? 200,
    main: html`<main id="main">
<h1>Get a private name for a website</h1>
<p class="lead">A website of this cloud can be visited under a name that is yours alone. Whoever watches your connection sees
that you use this cloud, and not which of its websites.</p>
${isPrivate ? html`<p class="note good" id="private">You are visiting this portal by a private name.</p>` : ''}
${error === undefined ? '' : html`<div class="note bad" id="error" role="alert"><p>${error.text}</p></div>`}
<form id="register" class="sheet" method="post" action="${link('/')}">
<label for="domain">Website</label>
<p class="hint" id="domain-hint">Its ordinary name, such as shop.example. It must be one of this cloud’s websites.</p>
<input id="domain" name="domain" type="text" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck="false"
maxlength="2048" required value="${typed?.domain ?? ''}" aria-describedby="${described}"${wrong}>
${facts.hasLinker ? linkerChoice(facts) : ''}
<button type="submit" id="submit">Get a private name</button>
</form>
<section aria-labelledby="protected">
<h2 id="protected">What is protected</h2>
<ul>
<li>Name, address and keys of the website: on the way to the cloud nobody sees which of its websites you visit, not even by
visiting the private name themselves.</li>
<li>The private name is for you alone: it opens for nobody without your certificate.</li>
<li>Nothing in two private names shows that they are for the same website, or that they are not.</li>
</ul>
<h2 id="not-protected">What is not</h2>
<ul>
<li>That you use this cloud, when, how often, and roughly how much you load can still be seen.</li>
<li>Visits under the same private name can be recognised as such. When a link leads from one private name to another, whoever
watches may guess from the times that it did.</li>
<li>The cloud and the website know what they always knew: the cloud which private name is for which website, the website your
address and what you do there.</li>
<li>Links that lead out of this cloud, and what the website loads from elsewhere, are ordinary visits.</li>
</ul>
</section>
<section aria-labelledby="authority">
<h2 id="authority">The cloud’s certificate authority</h2>
<p>Browsers have to trust it before private names open without warnings. It can vouch for names of this cloud only.</p>
<p><a id="ca" href="${link('/ca.pem')}" download>Download the authority’s certificate</a></p>
<p>Its SHA-256 fingerprint, to compare with what you were told elsewhere: <code class="block" id="fingerprint">${fingerprint}</code></p>
</section>
</main>`,
  };
}

function linkerChoice({ typed, error }: FormFacts) {
  const chosen = typed?.linker ?? 'new';
  const radio = (value: LinkerChoice, label: string, more: unknown) => html`<div class="choice">
<input type="radio" id="linker-${value}" name="linker" value="${value}" aria-describedby="linker-${value}-hint"${
    chosen === value ? html` checked` : ''
  }>
<label for="linker-${value}">${label}</label>
${more}
</div>`;
  const wrong = error?.field === 'code' ? html` aria-invalid="true" autofocus` : '';
  const described = error?.field === 'code' ? 'error linker-code-hint' : 'linker-code-hint';
  return html`<fieldset id="linker">
<legend>Links from one website of this cloud to another</legend>
${radio(
  'new',
  'This is my first private name',
  html`<p class="hint" id="linker-new-hint">You get a certificate for the linker too, and a code for your next private names.
Links then lead to your own private names. The cloud knows which of them belong together, and nothing else of you.</p>`,
)}
${radio(
  'code',
  'I have a linker code',
  html`<p class="hint" id="linker-code-hint">It was shown with your first private name.</p>
<input type="text" id="code" name="code" aria-label="Linker code" autocomplete="off" autocapitalize="none" spellcheck="false"
maxlength="64" aria-describedby="${described}"${wrong}>`,
)}
${radio(
  'none',
  'No linker',
  html`<p class="hint" id="linker-none-hint">Nothing ties your private names together. Links to other websites lead to their
ordinary names.</p>`,
)}
</fieldset>`;
}
