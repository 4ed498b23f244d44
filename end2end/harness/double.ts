import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { insufficientQuota, protocols, type DoubledProvider, type Protocol } from './protocols.ts';

/** What a double does with a secret it knows. A secret it does not know is rejected as the provider rejects it. */
export type Behaviour =
  | 'ok'
  | 'rejected'
  | 401
  | 402
  | 403
  | 429
  | 500
  | 503
  | 'insufficient_quota'
  | 'html200'
  | 'shapeless200'
  | 'redirect'
  | 'hang'
  | 'cut'
  | 'big'
  | 'echo';

/** A request a double received, as it stood on the wire. */
export interface Received {
  provider: DoubledProvider;
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  secret: string | undefined;
}

const BIG = 10 * 1024 * 1024;

/** Every doubled provider, each on its own port of the loopback interface, speaking its provider's protocol. */
export class Doubles {
  readonly received: Received[] = [];
  readonly #servers = new Map<DoubledProvider, Server>();
  readonly #behaviours = new Map<string, Behaviour>();

  static async start(): Promise<Doubles> {
    const doubles = new Doubles();
    for (const provider of Object.keys(protocols) as DoubledProvider[]) {
      const server = createServer((request, response) => doubles.#answer(provider, request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      doubles.#servers.set(provider, server);
    }
    return doubles;
  }

  /** From now on, `secret` meets this behaviour, at whatever provider it is shown to. */
  teach(secret: string, behaviour: Behaviour): void {
    this.#behaviours.set(secret, behaviour);
  }

  /** `http://127.0.0.1:PORT`. */
  origin(provider: DoubledProvider): string {
    const server = this.#servers.get(provider);
    if (!server) throw new Error(`no double for ${provider}`);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** The base URL as the catalogue or a user writes it. */
  baseUrl(provider: DoubledProvider): string {
    return this.origin(provider) + protocols[provider].base;
  }

  /** What `KEYWARD_ALLOW_ENDPOINTS` needs. */
  get allowed(): string {
    return [...this.#servers.keys()].map((provider) => this.origin(provider)).join(',');
  }

  /** The overlay that points the catalogue here; `custom` takes its address from the user. */
  get overlay(): string {
    return [...this.#servers.keys()]
      .filter((provider) => provider !== 'custom')
      .map((provider) => `[providers.${provider}]\nbase_url = "${this.baseUrl(provider)}"\n`)
      .join('\n');
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #answer(provider: DoubledProvider, request: IncomingMessage, response: ServerResponse): void {
    const protocol: Protocol = protocols[provider];
    const url = request.url ?? '';
    const secret = protocol.secret(request);
    this.received.push({ provider, method: request.method ?? '', url, headers: request.headers, secret });
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method !== 'GET' || url.split('?')[0] !== protocol.base + protocol.check) {
      return json(404, { error: { message: 'Not found', type: 'invalid_request_error' } });
    }
    const behaviour = (secret && this.#behaviours.get(secret)) || 'rejected';
    const failing = (status: number, message: string) =>
      json(status, { error: { message, type: 'error', code: null } });
    switch (behaviour) {
      case 'ok':
        return json(200, protocol.ok);
      case 'rejected':
        return json(...protocol.rejected);
      case 'insufficient_quota':
        return json(429, insufficientQuota);
      case 'html200':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hotel Wi-Fi</title>');
        return;
      case 'shapeless200':
        return json(200, { ok: true });
      case 'redirect':
        response.writeHead(302, { location: `${this.origin('custom')}/v1/models` }).end();
        return;
      case 'hang':
        return;
      case 'cut':
        request.socket.destroy();
        return;
      case 'big':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.on('error', () => undefined).end(JSON.stringify({ ...(protocol.ok as object), pad: 'x'.repeat(BIG) }));
        return;
      case 'echo':
        response.setHeader('x-received', secret ?? '');
        return failing(401, `Incorrect API key provided: ${secret}`);
      default:
        return failing(behaviour, 'The double was told to answer so.');
    }
  }
}
