import type { IncomingMessage } from 'node:http';

/** How one provider's check looks on the wire. */
export interface Protocol {
  /** Path of its base URL. */
  base: string;
  /** Path of the check, below the base, without a query. */
  check: string;
  /** The secret a request carries, if it carries one where this provider reads it. */
  secret(request: IncomingMessage): string | undefined;
  /** What the provider answers to a good key. */
  ok: unknown;
  /** Status and body for a bad key. */
  rejected: [number, unknown];
}

const bearer = (request: IncomingMessage) => /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
const header = (name: string) => (request: IncomingMessage) => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

const openaiList = {
  object: 'list',
  data: [{ id: 'gpt-4o-mini', object: 'model', created: 1721172741, owned_by: 'system' }],
};
const openaiError = (message: string, type: string, code: string | null) => ({
  error: { message, type, param: null, code },
});
export const insufficientQuota = openaiError(
  'You exceeded your current quota, please check your plan and billing details.',
  'insufficient_quota',
  'insufficient_quota',
);
const openaiRejected: [number, unknown] = [
  401,
  openaiError('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'),
];

/** By id in the catalogue. Shapes as each provider's API reference documents them. */
export const protocols = {
  openai: { base: '/v1', check: '/models', secret: bearer, ok: openaiList, rejected: openaiRejected },
  anthropic: {
    base: '/v1',
    check: '/models',
    secret: (request: IncomingMessage) =>
      request.headers['anthropic-version'] === '2023-06-01' ? header('x-api-key')(request) : undefined,
    ok: {
      data: [
        { type: 'model', id: 'claude-3-5-haiku-20241022', display_name: 'Claude', created_at: '2024-10-22T00:00:00Z' },
      ],
      has_more: false,
      first_id: 'claude-3-5-haiku-20241022',
      last_id: 'claude-3-5-haiku-20241022',
    },
    rejected: [401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }],
  },
  google: {
    base: '/v1beta',
    check: '/models',
    secret: header('x-goog-api-key'),
    ok: { models: [{ name: 'models/gemini-2.0-flash', version: '2.0', displayName: 'Gemini' }], nextPageToken: 'x' },
    rejected: [
      400,
      {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason: 'API_KEY_INVALID',
              domain: 'googleapis.com',
              metadata: { service: 'generativelanguage.googleapis.com' },
            },
          ],
        },
      },
    ],
  },
  openrouter: {
    base: '/api/v1',
    check: '/key',
    secret: bearer,
    ok: { data: { label: 'test key', usage: 0, limit: null, limit_remaining: null, is_free_tier: false } },
    rejected: [401, { error: { message: 'User not found.', code: 401 } }],
  },
  groq: { base: '/openai/v1', check: '/models', secret: bearer, ok: openaiList, rejected: openaiRejected },
  mistral: {
    base: '/v1',
    check: '/models',
    secret: bearer,
    ok: openaiList,
    rejected: [401, { detail: 'Unauthorized' }],
  },
  fireworks: { base: '/inference/v1', check: '/models', secret: bearer, ok: openaiList, rejected: openaiRejected },
  custom: { base: '/v1', check: '/models', secret: bearer, ok: openaiList, rejected: openaiRejected },
} satisfies Record<string, Protocol>;

/** A provider that has a double. */
export type DoubledProvider = keyof typeof protocols;
