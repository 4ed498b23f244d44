import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A secret nobody has seen before: `<prefix>canary-<32 random base62>`. */
export function canary(prefix = 'sk-'): string {
  const random = Array.from({ length: 32 }, () => BASE62[randomInt(BASE62.length)]).join('');
  return `${prefix}canary-${random}`;
}

/** One way in which a secret can lie in a file, an answer or a log. */
interface Form {
  name: string;
  bytes: Buffer;
}

/**
 * What to look for. The random part alone is looked for, so that a cut or another prefix does not hide it.
 * Base64 depends on where the secret begins within a group of three bytes, so each of the three alignments has its own
 * text; characters that also depend on neighbours are left away.
 */
export function forms(secret: string): Form[] {
  const random = Buffer.from(secret.slice(-32));
  const found: Form[] = [
    { name: 'raw', bytes: random },
    { name: 'raw, first half', bytes: random.subarray(0, 16) },
    { name: 'raw, second half', bytes: random.subarray(16) },
    { name: 'reversed', bytes: Buffer.from(random).reverse() },
    { name: 'hex', bytes: Buffer.from(random.toString('hex')) },
    { name: 'HEX', bytes: Buffer.from(random.toString('hex').toUpperCase()) },
    { name: 'UTF-16', bytes: Buffer.from(random.toString('latin1'), 'utf16le') },
  ];
  for (const shift of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(shift), random]);
    const from = Math.ceil((shift * 8) / 6);
    const until = Math.floor((whole.length * 8) / 6);
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = whole.toString(encoding).slice(from, until);
      found.push({ name: `${encoding}, alignment ${shift}`, bytes: Buffer.from(text) });
    }
  }
  return found;
}

/** Where secrets were found, in words that do not repeat them. Empty is what one hopes for. */
export function findIn(where: string, content: Buffer | string, secrets: Iterable<string>): string[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const hits: string[] = [];
  let number = 0;
  for (const secret of secrets) {
    number += 1;
    for (const form of forms(secret)) {
      const at = bytes.indexOf(form.bytes);
      if (at >= 0) hits.push(`${where}: secret ${number} as ${form.name} at byte ${at}`);
    }
  }
  return hits;
}

/** Looks through every file below a folder. */
export function findInFolder(folder: string, secrets: Iterable<string>): string[] {
  const all = [...secrets];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return findIn(path.slice(folder.length + 1), readFileSync(path), all);
    });
}
