import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const BASES = { cloudflare: '/client/v4', github: '', namecheap: '', stripe: '' };
const TOKEN = 'ed17574386854bf78a67040be0a770b0';

/**
 * Cloudflare, GitHub, Namecheap and Stripe behind one address, in the shapes that they publish. A secret works unless it
 * says `revoked`.
 */
export class Services {
  /** Every request, its body after its head. */
  readonly received: string[] = [];
  #server: Server | undefined;

  static async start(): Promise<Services> {
    const services = new Services();
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const proof = request.headers.authorization ?? '';
        const plain = proof.startsWith('Basic ') ? Buffer.from(proof.slice(6), 'base64').toString() : proof;
        services.received.push(`${request.method} ${request.url}\n${plain}\n${body}`);
        const [status, headers, text] = answer(request.url ?? '', `${plain}${body}`.includes('revoked'));
        response.writeHead(status, headers).end(text);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    services.#server = server;
    return services;
  }

  /** `http://127.0.0.1:PORT`, which is also what `KEYWARD_ALLOW_ENDPOINTS` needs. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  /** The overlay that points the catalogue here. */
  get overlay(): string {
    return Object.entries(BASES)
      .map(([id, base]) => `[services.${id}]\nbase_url = "${this.origin}${base}"\n`)
      .join('\n');
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }
}

type Reply = [status: number, headers: Record<string, string>, body: string];

function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return [status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)];
}

function cloudflare(result: unknown): Reply {
  return json(200, { success: true, errors: [], messages: [], result });
}

function answer(path: string, revoked: boolean): Reply {
  if (path.startsWith('/client/v4/') && revoked) {
    const errors = [{ code: 1000, message: 'Invalid API Token' }];
    return json(401, { success: false, errors, messages: [], result: null });
  }
  switch (path) {
    case '/client/v4/user/tokens/verify':
      return cloudflare({ id: TOKEN, status: 'active' });
    case `/client/v4/user/tokens/${TOKEN}`:
      return cloudflare({ policies: [{ effect: 'allow', permission_groups: [{ name: 'DNS Write' }] }] });
    case '/user':
      if (revoked) return json(401, { message: 'Bad credentials' });
      return json(200, { login: 'octocat', id: 1 }, { 'x-oauth-scopes': 'repo, read:org' });
    case '/v1/balance':
      if (revoked) return json(401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } });
      return json(200, { object: 'balance', available: [], livemode: true });
    case '/xml.response': {
      const fault = '<Error Number="1011150">Invalid request IP: 198.51.100.4</Error>';
      const [status, errors] = revoked ? ['ERROR', fault] : ['OK', ''];
      const text = `<?xml version="1.0"?><ApiResponse Status="${status}"><Errors>${errors}</Errors></ApiResponse>`;
      return [200, { 'content-type': 'text/xml' }, text];
    }
    default:
      return json(404, {});
  }
}
