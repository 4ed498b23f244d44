import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { canary } from './canary.ts';

/** What the provider knows of a person, in Keycloak's shape. */
export interface Person {
  roles: string[];
  tier?: string;
  /** The first sign-in counts as made so many seconds ago. */
  age?: number;
}

interface Context {
  body: string;
  oidc: {
    provider: { Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> } };
    client: { clientId: string };
    session: { accountId: string };
  };
}

/** The certified provider of npm on loopback: anybody signs in with the name they type. */
export class Idp {
  readonly people = new Map<string, Person>();
  readonly secret = canary('client-');
  readonly #server: Server;
  #provider: Provider | undefined;
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  readonly #seen = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
    this.#opened = new Promise((open) => (this.#open = open));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  static async start(): Promise<Idp> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new Idp(server);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What Keyward is told of it. */
  get settings(): Record<string, string> {
    return {
      KEYWARD_OIDC_ISSUER: this.issuer,
      KEYWARD_OIDC_CLIENT_ID: 'keyward',
      KEYWARD_OIDC_CLIENT_SECRET: this.secret,
    };
  }

  /** Takes people of the installation at this address; requests wait until then. */
  serve(keyward: string): void {
    this.#provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: 'keyward',
          client_secret: this.secret,
          redirect_uris: [`${keyward}/sign-in/oidc/callback`],
          post_logout_redirect_uris: [`${keyward}/sign-in`],
        },
      ],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['realm_access', 'subscription_tier'] },
      conformIdTokenClaims: false,
      cookies: { keys: [canary('cookies-')] },
      pkce: { required: () => true },
      interactions: { url: (_: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (context: Context, form: string) => {
            context.body = page(
              'Sign out?',
              `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`,
            );
          },
        },
      },
      findAccount: (_: unknown, login: string) => ({
        accountId: login,
        claims: () => {
          const { roles, tier } = this.people.get(login) ?? { roles: [] };
          return {
            sub: login,
            email: `${login}@id.example.com`,
            email_verified: true,
            realm_access: { roles },
            subscription_tier: tier,
          };
        },
      }),
      loadExistingGrant: async (context: Context) => {
        const { provider, client, session } = context.oidc;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    this.#open();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#opened;
    const provider = this.#provider;
    if (!provider) throw new Error('nothing is served yet');
    if (!request.url?.startsWith('/interaction/')) {
      provider.callback()(request, response);
      return;
    }
    if (request.method !== 'POST') {
      const fields = '<label>Name <input name="login" autofocus></label> <button>Continue</button>';
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(page('Who are you?', `<form method="post">${fields}</form>`));
      return;
    }
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const login = new URLSearchParams(body).get('login') ?? '';
    const first = !this.#seen.has(login);
    this.#seen.add(login);
    const age = first ? (this.people.get(login)?.age ?? 0) : 0;
    const ts = Math.floor(Date.now() / 1000) - age;
    await provider.interactionFinished(request, response, { login: { accountId: login, ts } });
  }
}

function page(title: string, body: string): string {
  const icon = '<link rel="icon" href="data:,">';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${icon}</head><body><h1>${title}</h1>${body}</body></html>`;
}
