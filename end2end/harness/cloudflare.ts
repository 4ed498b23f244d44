import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomInt } from 'node:crypto';
import { canary } from './canary.ts';
import { expect, freshAddress, signIn, test as base, type Account } from './fixtures.ts';
import { Keyward } from './server.ts';

type Json = Record<string, unknown>;

/** An answer that the double is told to give, whatever is asked. */
export interface Forced {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const hex = () => Array.from({ length: 32 }, () => '0123456789abcdef'[randomInt(16)]).join('');
const envelope = (result: unknown, more: Json = {}) => ({ success: true, errors: [], messages: [], result, ...more });

/** What Cloudflare says when it says no. */
export const refusal = (code: number, message: string) => ({
  success: false,
  errors: [{ code, message }],
  messages: [],
  result: null,
});

/** Cloudflare on loopback: zones and DNS records in memory, behind the published API. */
export class CloudflareDouble {
  /** The token it takes; every other one is refused. */
  readonly token = canary('cfut_');
  readonly received: string[] = [];
  zones: Json[] = [];
  records: Json[] = [];
  forced: Forced | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<CloudflareDouble> {
    const double = new CloudflareDouble();
    await new Promise<void>((done) => double.#server.listen(0, '127.0.0.1', done));
    return double;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  reset(): void {
    this.zones = [];
    this.records = [];
    this.forced = undefined;
  }

  addZone(name: string, status = 'active'): string {
    const id = hex();
    this.zones.push({
      id,
      name,
      status,
      paused: false,
      type: 'full',
      name_servers: ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'],
      original_name_servers: ['ns1.registrar.example', 'ns2.registrar.example'],
      plan: { id: '0'.repeat(32), name: 'Free Website', legacy_id: 'free' },
      account: { id: '372e67954025e0ba6aaa6d586b9e0b59', name: 'Example Account' },
      created_on: '2014-01-02T00:01:13.123456Z',
      activated_on: status === 'active' ? '2014-01-02T00:05:00Z' : null,
    });
    return id;
  }

  addRecord(zone: string, body: Json): Json {
    const domain = String(this.zones.find((own) => own.id === zone)?.name);
    const given = String(body.name);
    const data = body.data as Json | undefined;
    const type = String(body.type);
    const record: Json = {
      id: hex(),
      zone_id: zone,
      type,
      name: given === '@' || given === domain ? domain : given.endsWith(`.${domain}`) ? given : `${given}.${domain}`,
      content:
        body.content ??
        (type === 'SRV'
          ? `${data?.weight} ${data?.port} ${data?.target}`
          : `${data?.flags} ${data?.tag} "${data?.value}"`),
      priority: body.priority ?? data?.priority,
      proxiable: ['A', 'AAAA', 'CNAME'].includes(type),
      proxied: body.proxied === true,
      ttl: body.ttl ?? 1,
      comment: body.comment ?? null,
    };
    this.records.push(record);
    return record;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    this.received.push(`${request.method} ${request.url}`);
    const answer =
      this.forced ??
      this.#answer(request, text === '' ? {} : (JSON.parse(text) as Json), request.headers.authorization ?? '');
    const headers = { 'content-type': 'application/json', ...answer.headers };
    response
      .writeHead(answer.status, headers)
      .end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  #answer(request: IncomingMessage, body: Json, authorization: string): Forced {
    const good = (result: unknown, more: Json = {}) => ({ status: 200, body: envelope(result, more) });
    const bad = (status: number, code: number, message: string) => ({ status, body: refusal(code, message) });
    if (authorization !== `Bearer ${this.token}`) return bad(403, 9109, 'Invalid access token');
    const url = new URL(request.url ?? '', this.origin);
    const [top, id, part, record] = url.pathname.replace('/client/v4/', '').split('/');
    const page = (all: Json[]) => {
      const size = Number(url.searchParams.get('per_page') ?? 20);
      const number = Number(url.searchParams.get('page') ?? 1);
      const result = all.slice((number - 1) * size, number * size);
      const info = { page: number, per_page: size, count: result.length, total_count: all.length };
      return good(result, { result_info: { ...info, total_pages: Math.ceil(all.length / size) } });
    };
    if (top !== 'zones') return bad(404, 7003, 'Could not route to that path');
    if (id === undefined) {
      if (request.method === 'POST') {
        const name = String(body.name);
        if (this.zones.some((zone) => zone.name === name)) return bad(400, 1061, `${name} already exists`);
        const made = this.addZone(name, 'pending');
        return good(this.zones.find((zone) => zone.id === made));
      }
      const name = url.searchParams.get('name')?.replace('contains:', '') ?? '';
      const status = url.searchParams.get('status');
      const fits = (zone: Json) => String(zone.name).includes(name) && (status === null || zone.status === status);
      return page(this.zones.filter(fits));
    }
    const zone = this.zones.find((own) => own.id === id);
    if (!zone) return bad(404, 1001, 'Invalid zone identifier');
    if (part === 'activation_check') return good({ id });
    if (part === undefined) {
      if (request.method !== 'DELETE') return good(zone);
      this.zones = this.zones.filter((own) => own !== zone);
      this.records = this.records.filter((own) => own.zone_id !== id);
      return good({ id });
    }
    if (record === undefined) {
      if (request.method === 'POST') return good(this.addRecord(id, body));
      const type = url.searchParams.get('type');
      const search = url.searchParams.get('search') ?? '';
      const fits = (own: Json) =>
        own.zone_id === id && (type === null || own.type === type) && JSON.stringify(own).includes(search);
      return page(this.records.filter(fits));
    }
    const found = this.records.find((own) => own.id === record);
    if (!found) return bad(404, 81044, 'Record does not exist.');
    if (request.method === 'DELETE') {
      this.records = this.records.filter((own) => own !== found);
      return good({ id: record });
    }
    if (request.method === 'PATCH') Object.assign(found, body);
    return good(found);
  }
}

interface PerWorker {
  cloudflare: CloudflareDouble;
  /** An installation that finds Cloudflare at the double, with the token in its environment. */
  site: Keyward;
}

interface PerTest {
  /** An administrator that only this test has, signed in. */
  admin: Account;
}

export const test = base.extend<PerTest, PerWorker>({
  cloudflare: [
    async ({}, use) => {
      const double = await CloudflareDouble.start();
      await use(double);
      await double.stop();
    },
    { scope: 'worker' },
  ],
  site: [
    async ({ doubles, cloudflare }, use) => {
      const site = await Keyward.start(doubles, {
        CLOUDFLARE_API_TOKEN: cloudflare.token,
        CLOUDFLARE_API_BASE_URL: `${cloudflare.origin}/client/v4`,
        KEYWARD_ALLOW_ENDPOINTS: `${doubles.allowed},${cloudflare.origin}`,
      });
      await use(site);
      await site.stop();
      expect(site.output, 'the token in the log').not.toContain(cloudflare.token);
      await site.remove();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ site }, use) => use(site.url),
  extraHTTPHeaders: async ({}, use) => use({ 'x-forwarded-for': freshAddress() }),
  admin: async ({ site, cloudflare, page }, use) => {
    cloudflare.reset();
    const admin = { email: `root.${Date.now()}.${randomInt(1_000_000)}@example.com`, password: canary('pass-') };
    await site.addUser(admin.email, admin.password, 'admin');
    await signIn(page.context(), site, admin);
    await use(admin);
  },
});

export { expect };
