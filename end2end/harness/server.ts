import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Doubles } from './double.ts';

const BINARY = resolve(
  process.env.KEYWARD_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../target/release/keyward'),
);

/** What a finished command said. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

/** One installation of Keyward: the real binary, a data folder of its own, a free port. */
export class Keyward {
  readonly folder: string;
  readonly url: string;
  /** The link that `keyward init` printed. */
  setupLink = '';
  /** All that the server and its commands wrote, both streams. */
  output = '';
  #child: ChildProcess | undefined;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, port: number, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_'));
    this.#env = {
      ...Object.fromEntries(inherited),
      KEYWARD_DATA_DIR: join(folder, 'data'),
      KEYWARD_LISTEN: `127.0.0.1:${port}`,
      KEYWARD_PUBLIC_URL: this.url,
      // Each browser context says that it is somebody else, so that limits by address do not add up over tests.
      KEYWARD_TRUSTED_PROXIES: '127.0.0.1/32',
      ...env,
    };
  }

  /** Makes an installation and serves it, with its catalogue pointing at the doubles. */
  static async start(doubles: Doubles, env: NodeJS.ProcessEnv = {}): Promise<Keyward> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: run "make build", or set KEYWARD_BIN`);
    const folder = mkdtempSync(join(tmpdir(), 'keyward-end2end-'));
    const catalogue = join(folder, 'catalogue.toml');
    writeFileSync(catalogue, doubles.overlay);
    const keyward = new Keyward(folder, await freePort(), {
      KEYWARD_CATALOGUE: catalogue,
      KEYWARD_ALLOW_ENDPOINTS: doubles.allowed,
      ...env,
    });
    const init = await keyward.run(['init']);
    if (init.code !== 0) throw new Error(`keyward init ended with ${init.code}:\n${init.stderr}`);
    keyward.setupLink = /\S*\/setup\?token=\S+/.exec(init.stdout)?.[0] ?? '';
    if (!keyward.setupLink) throw new Error('keyward init printed no set-up link');
    await keyward.serve();
    return keyward;
  }

  /** Runs `keyward ...` on this installation to its end. */
  async run(args: string[], stdin = ''): Promise<Finished> {
    const child = spawn(BINARY, args, { env: this.#env, cwd: this.folder, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command that ends without reading what it was given says why with its code.
    child.stdin.on('error', () => undefined).end(stdin);
    const [code] = (await once(child, 'close')) as [number | null];
    this.output += stdout + stderr;
    return { code, stdout, stderr };
  }

  /** Adds an account. */
  async addUser(email: string, password: string, role: 'user' | 'admin' = 'user'): Promise<void> {
    const done = await this.run(['user', 'add', email, '--role', role, '--password-stdin'], `${password}\n`);
    if (done.code !== 0) throw new Error(`keyward user add ended with ${done.code}:\n${done.stderr}`);
  }

  /** Starts the server and waits until it is ready. */
  async serve(): Promise<void> {
    const child = spawn(BINARY, ['serve'], { env: this.#env, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const note = (text: string) => (this.output += text);
    child.stdout.setEncoding('utf8').on('data', note);
    child.stderr.setEncoding('utf8').on('data', note);
    const deadline = Date.now() + 15_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`keyward serve ended with ${child.exitCode}:\n${this.output}`);
      const ready = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      if (Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`keyward serve was not ready in 15 s:\n${this.output}`);
      }
      await new Promise((done) => setTimeout(done, 40));
    }
  }

  /** Stops the server as an operator would; SIGKILL when it does not end within 10 s. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(killer);
  }

  /** Stops and forgets. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
