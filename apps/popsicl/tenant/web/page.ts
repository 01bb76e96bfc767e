import { adaptPolicies } from './content-policy.js';
import type { Defence } from './defence/options.js';
import { type Ahead, PagePieces } from './defence/page-pieces.js';
import type { HtmlOptions } from './rewrite/html-rewriter.js';
import { rewriteHtml } from './rewrite/html-rewriter.js';
import { Links, type LinksOptions } from './rewrite/links.js';

export interface PageOptions extends LinksOptions {
  readonly referrerPolicy: 'same-origin' | 'no-referrer';
  /** Script that is inserted into documents, and its nonce for a Content-Security-Policy. */
  readonly script: { readonly markup: (ahead?: Ahead) => string; readonly nonce: string } | undefined;
  /** With it that script fetches the objects of the page. */
  readonly defence: Defence | undefined;
}

/** What the answer to one request needs to know. */
export class Page {
  readonly options: PageOptions;

  constructor(options: PageOptions) {
    this.options = options;
  }

  /** Links relative to the requested address. */
  links(): Links {
    return new Links(this.options);
  }

  /** `insert`: the answer is a document of its own, not a part that a script asked for. */
  htmlOptions(insert: boolean): HtmlOptions {
    const links = this.links();
    const { script, defence } = this.options;
    const pieces = script && defence && insert ? new PagePieces(defence, script.nonce) : undefined;
    const options: HtmlOptions = {
      links,
      script: insert && script ? () => script.markup(pieces?.ahead()) : undefined,
      aside: script && defence ? { nonce: script.nonce, pieces } : undefined,
      policy: policy => this.policy(policy),
      nested: document => rewriteHtml(document, this.htmlOptions(true)),
    };
    return options;
  }

  policy(policy: string): string {
    const { script, sites, defence } = this.options;
    return adaptPolicies(policy, {
      nonce: script?.nonce,
      blobs: defence !== undefined,
      isOwnSite: source => sites.includes(source.replace(/^https?:\/\//i, '').toLowerCase()),
    });
  }
}
