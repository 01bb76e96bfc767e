import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CAPABILITY_PARAMETER } from '../../capability.js';
import type { CapabilityDirectory } from '../capabilities/capability-directory.js';
import { CapabilityFiles } from '../capabilities/capability-files.js';
import { withoutCapability } from './check-capability.js';
import { acceptable } from './content-coding.js';
import { type Defence, type DefenceOptions, readDefence } from './defence/options.js';
import { padResponse } from './defence/padded-response.js';
import { type PieceName, readPieceName, takePieceName } from './defence/piece-name.js';
import { PieceStore } from './defence/piece-store.js';
import { sendDecoy, sendPiece } from './defence/send-piece.js';
import { insertedScript } from './page/inserted-script.js';
import { Page, type PageOptions } from './page.js';
import { refuse, refuseUpgrade } from './refusal.js';
import { rewriteResponse } from './rewritten-response.js';

export interface TenantWebOptions {
  /** The cloud's domain: what is asked for under another is none of ours, and passes untouched. */
  readonly domain: string;
  /** Folder that the agent keeps (`capabilities` of its configuration), or where else to ask. */
  readonly capabilities: string | CapabilityDirectory;
  /** Host names of this tenant without a pseudonym: absolute links to them stay with the pseudonym. */
  readonly sites?: readonly string[];
  /** What a browser tells of the page when it follows a link; `same-origin` when absent. */
  readonly referrerPolicy?: 'same-origin' | 'no-referrer';
  /**
   * Also lets requests pass that the browser itself says come from a page of the same pseudonym (`Sec-Fetch-Site:
   * same-origin`): for sites whose scripts make addresses in ways that cannot be followed, such as imports of modules.
   */
  readonly acceptOwnPages?: boolean;
  /**
   * Whether pages get a script that gives the capability to what their own scripts fetch and insert; they do when absent.
   */
  readonly script?: boolean;
  /**
   * Also sends links to other tenants that the page's own scripts make through the linker; off when absent. Needs `script`.
   * Every page then bears the domains of all tenants.
   */
  readonly scriptedLinks?: boolean;
  /** The traffic-analysis defence (appendix A); off when absent. Needs `script`. */
  readonly defence?: DefenceOptions | boolean;
  /** Of links in absolute form; `https` when absent. */
  readonly scheme?: 'https' | 'http';
}

/** A server of Node's `http`, `https` or `http2`. */
interface HttpServer {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

type Next = (error?: unknown) => void;

/**
 * What a tenant's server does for pseudonyms (4.3): requests without the capability get 404, the application sees the others
 * without it, and its answers carry it wherever they lead back to the tenant.
 */
export class TenantWeb {
  private readonly options: TenantWebOptions;
  private readonly capabilities: CapabilityDirectory;
  private readonly sites: readonly string[];
  private readonly suffix: string;
  private readonly pages = new WeakMap<object, Page>();
  private readonly defence: Defence | undefined;
  private readonly pieces = new PieceStore();
  /** Pieces that addresses name. */
  private readonly named = new WeakMap<object, PieceName>();
  private tenantList: readonly string[] = [];
  private tenants: ReadonlySet<string> = new Set();

  constructor(options: TenantWebOptions) {
    this.options = options;
    const { capabilities } = options;
    this.capabilities = typeof capabilities === 'string' ? new CapabilityFiles(capabilities) : capabilities;
    this.sites = (options.sites ?? []).map(site => site.toLowerCase());
    const { defence = false } = options;
    if (defence !== false) this.defence = readDefence(defence === true ? {} : defence);
    this.suffix = `.${options.domain.toLowerCase()}`;
  }

  /** As middleware, to be the first: Express, Connect. */
  readonly handle = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const page = this.admit(request);
    if (page === 'other') next();
    else if (page === undefined) this.refuse(request, response);
    else {
      if (this.defence && this.answeredByPiece(request, response, page, this.defence)) return;
      rewriteResponse(request, response, page);
      next();
    }
  };

  /** For the event `upgrade` of a server, and WebSockets so: `next` where the capability is right, else 404. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, next: Next): void => {
    if (this.admit(request) === undefined) refuseUpgrade(socket);
    else next();
  };

  /** Around the listener of a plain server. */
  wrap(listener: RequestListener): RequestListener {
    return (request, response) => this.handle(request, response, () => listener(request, response));
  }

  /** Before everything that listens to the server, now or later: whatever framework serves it. */
  attach<Server extends HttpServer>(server: Server): Server {
    const emit = server.emit.bind(server);
    server.emit = (event, ...args) => {
      const next = () => emit(event, ...args);
      if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
        this.handle(args[0] as IncomingMessage, args[1] as ServerResponse, next);
      } else if (event === 'upgrade' || event === 'connect') {
        this.upgrade(args[0] as IncomingMessage, args[1] as Duplex, next);
      } else return next();
      return true;
    };
    return server;
  }

  /** For templates: the link as a page under this request's pseudonym needs it; without one, as it is. */
  href(request: IncomingMessage, link: string): string {
    return this.pages.get(request)?.links().navigation(link) ?? link;
  }

  /** Undefined: to be refused. The application sees the request without its capability. */
  private admit(request: IncomingMessage): Page | 'other' | undefined {
    const { authority, target } = addressOf(request);
    const name = authority.replace(/:\d*$/, '').replace(/\.$/, '');
    if (!name.endsWith(this.suffix)) return 'other';
    const capability = this.capabilities.capabilityOf(name);
    if (capability === undefined) return undefined;
    const admitted = withoutCapability(target, capability) ?? (this.isOwnPage(request) ? target : undefined);
    if (admitted === undefined) return undefined;
    const stripped =
      this.defence && request.method === 'GET' ? this.withoutPiece(request, admitted) : admitted;
    const { headers } = request;
    request.url = stripped;
    if ('originalUrl' in request) request.originalUrl = stripped;
    forgetReferer(request, name, capability);
    if (headers['accept-encoding'])
      headers['accept-encoding'] = acceptable(String(headers['accept-encoding']));
    const { linker, tenants } = this.capabilities.cloud;
    const page = new Page({
      host: authority,
      scheme: this.options.scheme ?? 'https',
      path: stripped,
      capability,
      sites: this.sites,
      linker,
      tenants: this.tenantSet(tenants),
      referrerPolicy: this.options.referrerPolicy ?? 'same-origin',
      script: this.script(capability),
      defence: this.defence,
    });
    this.pages.set(request, page);
    return page;
  }

  /** With the defence: true where the answer to another request brings the piece; else the answer will be padded. */
  private answeredByPiece(
    request: IncomingMessage,
    response: ServerResponse,
    page: Page,
    defence: Defence,
  ): boolean {
    const name = this.pieceName(request);
    // A part or a compressed form of what is padded would have sizes of its own.
    for (const header of ['range', 'if-range', 'accept-encoding']) delete request.headers[header];
    const { host, path } = page.options;
    const decoy = decoyLength(request, defence);
    if (decoy !== undefined) {
      sendDecoy(response, decoy, defence.unit);
      return true;
    }
    if (!name) {
      padResponse(request, response, defence);
      return false;
    }
    const found = this.pieces.ask(`${host} ${path}`, name);
    if (found instanceof Promise) {
      void found.then(part => sendPiece(response, part, name, defence.unit));
      return true;
    }
    if (name.form === 'style') request.headers['popsicl-css'] = '1';
    padResponse(request, response, defence, { name, share: found });
    return false;
  }

  /** The target as the application knows it. */
  private withoutPiece(request: IncomingMessage, admitted: string): string {
    const { target, name } = takePieceName(admitted);
    if (name) this.named.set(request, name);
    return target;
  }

  private pieceName(request: IncomingMessage): PieceName | undefined {
    if (request.method === 'HEAD') return undefined;
    return this.named.get(request) ?? readPieceName(request.headers['popsicl-piece']);
  }

  /** A script with a nonce of its own for every answer. */
  private script(capability: string): PageOptions['script'] {
    if (this.options.script === false) return undefined;
    const nonce = randomBytes(16).toString('base64');
    const { linker, tenants } = this.capabilities.cloud;
    const settings = {
      capability,
      sites: this.sites,
      ...(this.options.scriptedLinks && linker !== '' && { neighbours: { linker, tenants } }),
      ...(this.defence && { pieces: this.defence.pieces }),
      ...(this.defence?.ladder && { ladder: this.defence.ladder, unit: this.defence.unit }),
    };
    return { nonce, markup: ahead => insertedScript({ ...settings, ...(ahead && { ahead }) }, nonce) };
  }

  private refuse(request: IncomingMessage, response: ServerResponse): void {
    if (this.defence) padResponse(request, response, this.defence);
    refuse(response);
  }

  private isOwnPage({ headers }: IncomingMessage): boolean {
    return this.options.acceptOwnPages === true && headers['sec-fetch-site'] === 'same-origin';
  }

  private tenantSet(list: readonly string[]): ReadonlySet<string> {
    if (this.tenantList !== list) [this.tenantList, this.tenants] = [list, new Set(list)];
    return this.tenants;
  }
}

/** One line for any server: `protect(server, options)`. */
export function protect<Server extends HttpServer>(server: Server, options: TenantWebOptions): Server {
  return new TenantWeb(options).attach(server);
}

/** Bytes that mean nothing, which the page's script wants. */
function decoyLength({ method, headers }: IncomingMessage, { ladder, largest }: Defence): number | undefined {
  const wanted = headers['popsicl-decoy'];
  const is =
    ladder !== undefined && method === 'GET' && typeof wanted === 'string' && /^\d{1,9}$/.test(wanted);
  return is ? Math.min(Number(wanted), largest) : undefined;
}

/** Host with port in lower case, and path with query. A target in absolute form decides over Host (RFC 9112 3.2.2). */
function addressOf(request: IncomingMessage): { authority: string; target: string } {
  const target = request.url ?? '/';
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  const authority = absolute?.[1] ?? request.headers[':authority'] ?? request.headers.host ?? '';
  const path = absolute ? (absolute[2]!.startsWith('/') ? absolute[2]! : `/${absolute[2]}`) : target;
  return { authority: String(authority).replace(/^.*@/s, '').toLowerCase(), target: path };
}

/** Pages of the pseudonym may refer to each other; their logs are to know no capability. */
function forgetReferer(request: IncomingMessage, name: string, capability: string): void {
  const { referer } = request.headers;
  if (referer === undefined || !URL.canParse(referer)) return;
  const url = new URL(referer);
  if (url.hostname !== name || url.searchParams.get(CAPABILITY_PARAMETER) === null) return;
  const path = withoutCapability(url.pathname + url.search, capability);
  if (path !== undefined) request.headers.referer = url.origin + path;
  request.rawHeaders = request.rawHeaders?.map(text =>
    text === referer ? (request.headers.referer ?? '') : text,
  );
}
