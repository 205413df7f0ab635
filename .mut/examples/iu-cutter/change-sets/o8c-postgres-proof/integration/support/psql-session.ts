import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { libpqEnvironment } from '../../src/live/libpq-environment.ts';
import type { PgConnection } from '../../src/live/pg-connection.ts';

/** An error of the server, with its SQLSTATE as `pg` has it. */
export class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ServerError';
    this.code = code;
  }
}

const FORMAT = ['--quiet', '--no-align', '--field-separator-zero', '--record-separator-zero'];

/**
 * One session of a real server without a driver: a `psql` that stays, so that a transaction spans calls. Cells come back separated by
 * NUL, which no text of PostgreSQL contains, and each answer ends with a mark that this session alone knows. All values are text.
 *
 * The text of a statement is not touched: parameters go through `PREPARE` and `EXECUTE`, and the server gives them their types.
 */
export class PsqlSession implements PgConnection {
  readonly #psql: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  readonly #mark = `end-of-answer-${randomUUID()}`;
  readonly #null = `null-${randomUUID()}`;
  readonly #prepared = new Map<string, string>();
  #output = '';
  #faults = '';
  #lost: Error | undefined;
  #waiting: { settle: (answer: string) => void; fail: (error: Error) => void } | undefined;

  /** @param dsn given to psql in its environment: a command line is readable by everybody on the machine */
  constructor(dsn: string) {
    const args = ['--no-psqlrc', '--no-password', '--set=ON_ERROR_STOP=0', ...FORMAT, '--file=-'];
    const settings = ['--pset=footer=off', `--pset=null=${this.#null}`];
    this.#psql = spawn('psql', [...args, ...settings], { env: libpqEnvironment(dsn) });
    this.#psql.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    this.#psql.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#faults += chunk;
    });
    // Writing to a psql that is gone fails here too; `close` tells why.
    this.#psql.stdin.on('error', () => undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    this.#psql.once('error', (cause) => this.#lose(`expected psql to start, got ${cause.message}`, resolve));
    this.#psql.once('close', (code) =>
      this.#lose(`psql ended with ${code}: ${this.#faults.trim() || 'no message'}`, resolve),
    );
  }

  async query(text: string, params: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
    if (params.length === 0) return this.#run(text);
    let name = this.#prepared.get(text);
    if (name === undefined) {
      name = `statement_${this.#prepared.size + 1}`;
      await this.#run(`PREPARE ${name} AS ${text}`);
      this.#prepared.set(text, name);
    }
    return this.#run(`EXECUTE ${name} (${params.map(literal).join(', ')})`);
  }

  /** Ends the session; the server rolls back what is open. */
  async end(): Promise<void> {
    this.#psql.stdin.end();
    await this.#closed;
  }

  async #run(statement: string): Promise<{ rows: Record<string, unknown>[] }> {
    if (this.#waiting) throw new Error('expected one statement at a time, got a second one');
    if (this.#lost) throw this.#lost;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting = { settle: resolve, fail: reject };
    this.#psql.stdin.write(
      `${statement}\n;\n\\echo ${this.#mark} :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE\n`,
    );
    const answer = await promise;
    const at = answer.lastIndexOf(this.#mark);
    const [failed, sqlState = '', count = '0', ...message] = answer
      .slice(at + this.#mark.length + 1)
      .split(' ');
    if (failed === 'true') throw new ServerError(sqlState, message.join(' ').trim());
    return { rows: this.#rows(answer.slice(0, at).split('\0').slice(0, -1), Number(count)) };
  }

  /** The first record is the names. */
  #rows(cells: readonly string[], count: number): Record<string, unknown>[] {
    const width = cells.length / (count + 1);
    if (cells.length === 0) return [];
    const names = cells.slice(0, width);
    return Array.from({ length: count }, (_, row) => {
      const values = cells.slice((row + 1) * width, (row + 2) * width);
      return Object.fromEntries(
        names.map((name, at) => [name, values[at] === this.#null ? null : values[at]]),
      );
    });
  }

  #take(chunk: string): void {
    this.#output += chunk;
    const mark = this.#output.lastIndexOf(this.#mark);
    const end = mark < 0 ? -1 : this.#output.indexOf('\n', mark);
    if (end < 0) return;
    const answer = this.#output.slice(0, end);
    this.#output = '';
    const { settle } = this.#waiting ?? {};
    this.#waiting = undefined;
    settle?.(answer);
  }

  #lose(message: string, closed: () => void): void {
    this.#lost ??= new Error(message);
    this.#waiting?.fail(this.#lost);
    this.#waiting = undefined;
    closed();
  }
}

/** A value as a constant of unknown type; the parameter that it is for decides what it is. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  if (text.includes('\0')) throw new RangeError('expected a text, got one with NUL in it');
  return `'${text.replaceAll("'", "''")}'`;
}
