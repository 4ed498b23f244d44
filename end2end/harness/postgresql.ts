import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// The tests of the crates start their clusters with the same script.
const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), '../../crates/vault/tests/contract/cluster.sh');
const PORT = '5432';

/** The newest PostgreSQL of Debian's packages from 15 on, or one in a folder that distributions use. */
function programs(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const packaged = versions
    .filter((version) => version >= 15)
    .sort((a, b) => b - a)
    .map((version) => join(debian, String(version), 'bin'));
  const folders = [...packaged, '/usr/bin', '/usr/local/bin', '/usr/local/pgsql/bin', '/opt/homebrew/bin'];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (!found) throw new Error('the tests need PostgreSQL 15 or newer; scripts/setup test installs it');
  return found;
}

/** A private PostgreSQL that listens on a socket only, and goes away with this process. */
export class Cluster {
  readonly folder: string;
  readonly #programs: string;
  readonly #keeper: ChildProcess;
  #databases = 0;

  private constructor(folder: string, bin: string, keeper: ChildProcess) {
    this.folder = folder;
    this.#programs = bin;
    this.#keeper = keeper;
  }

  static async start(): Promise<Cluster> {
    const bin = programs();
    const place = existsSync('/dev/shm') ? '/dev/shm' : '/tmp';
    // PostgreSQL refuses to run as root.
    const asNobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
    const shell = ['sh', '-c', readFileSync(SCRIPT, 'utf8'), 'cluster', bin, place, PORT];
    const [program = 'sh', ...args] = process.getuid?.() === 0 ? [...asNobody, ...shell] : shell;
    const keeper = spawn(program, args, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: keeper.stdout });
    const [folder] = (await Promise.race([once(lines, 'line'), once(keeper, 'close')])) as [string | number | null];
    if (typeof folder !== 'string') throw new Error(`PostgreSQL did not start (${folder})`);
    return new Cluster(folder, bin, keeper);
  }

  /** The address of a new, empty database. */
  database(): string {
    this.#databases += 1;
    const name = `test${this.#databases}`;
    const args = ['--host', this.folder, '--port', PORT, '--username=keyward', '--template=template0', name];
    const made = spawnSync(join(this.#programs, 'createdb'), args, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`createdb: ${made.stderr}`);
    return `postgres:///${name}?host=${this.folder}&port=${PORT}&user=keyward`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#keeper, 'close');
    this.#keeper.stdin?.end();
    await closed;
  }
}
