import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { absolutePath } from './absolute-path.ts';
import { type Command, script } from './command.ts';
import { fenced } from './commands/mutate-fence.ts';
import type { Host, Upload, UploadResult } from './host.ts';
import { HostError } from './host-error.ts';
import { partOf } from './part-of.ts';
import { expectOk } from './run-ok.ts';

const UPLOAD_TIMEOUT_MS = 600_000;
/** EX_DATAERR of sysexits.h. */
const MISMATCH = 65;
const DEFAULT_MODE = 0o600;

/**
 * Receives a file on standard input: into a part file that only its owner may read, checked by sha256, flushed to the
 * disk, then moved to its name in one step. Whatever goes wrong, nothing appears under the final name, and what was received
 * is removed. PIPE is trapped too: when the connection is lost, dash dies of the next output without its EXIT trap.
 *
 * Parts lie in a directory whose name follows from the file's own, so that whoever comes after a machine that died knows what
 * to remove.
 */
const RECEIVE = `
umask 077
to=$1 parts=$2 part=$2/$3 dir=$4 sha256=$5 bytes=$6 mode=$7
shift 7
trap 'rm -f "$part"; rmdir "$parts" 2> /dev/null || :' EXIT
trap 'exit 1' HUP INT PIPE TERM
tries=0
# Another upload to the same name may take the directory away before there is a file in it.
until mkdir -p "$parts" && : > "$part"; do
  tries=$((tries + 1))
  [ "$tries" -lt 10 ]
done
cat > "$part"
got=$(sha256sum < "$part")
got=\${got%% *}
printf '%s\\n' "$got"
[ "$got" = "$sha256" ] && [ "$(stat -c %s "$part")" = "$bytes" ] || exit ${MISMATCH}
chmod "$mode" "$part"
sync "$part"
"$@"
sync "$dir"
`;

/** The command that receives an upload. Throws `usage` for a bad path, digest, size or mode. */
export function receiveUpload(upload: Omit<Upload, 'from' | 'signal'>): Command {
  const { bytes, mode = DEFAULT_MODE, sha256 } = upload;
  const to = absolutePath(upload.to, 'upload path');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw refuse('a sha256 of 64 hex digits', JSON.stringify(sha256));
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw refuse('a number of bytes', String(bytes));
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777)
    throw refuse('a file mode of 0o000–0o777', String(mode));
  // A part file of its own for each attempt: two that run at once never write into each other's.
  const [parts, name] = [partOf(to), randomUUID()];
  const rename = script('mutate', `name ${to}`, 'mv -T "$1" "$2"', [posix.join(parts, name), to]);
  const { fence } = upload;
  // Not the whole upload: while it waits for its input, nobody else could raise a fence.
  const { argv } = fence ? fenced(rename, fence.path, fence.token) : rename;
  const args = [to, parts, name, posix.dirname(to), sha256, String(bytes), mode.toString(8), ...argv];
  return script('mutate', `upload ${to}`, RECEIVE, args, {
    timeoutMs: upload.timeoutMs ?? UPLOAD_TIMEOUT_MS,
  });
}

/** Uploads over any host's `run`. Throws `upload-mismatch` when the host got other bytes than were announced. */
export async function uploadThrough(host: Host, upload: Upload): Promise<UploadResult> {
  const command = receiveUpload(upload);
  const source =
    typeof upload.from === 'string' ? createReadStream(upload.from, { highWaterMark: 1 << 18 }) : upload.from;
  const meter = new Meter();
  // An error of the source ends the meter, and so the run; it must never look like the end of the file.
  pipeline(source, meter, () => {});
  const result = await host.run(command, {
    input: meter,
    ...(upload.signal ? { signal: upload.signal } : {}),
  });
  const got = result.stdout.trim();
  if (result.exitCode === MISMATCH) {
    const expected = `${upload.bytes} bytes with sha256 ${upload.sha256}`;
    const why = `expected ${expected}, got ${got} there; sent were ${meter.bytes} bytes with sha256 ${meter.sha256()}`;
    throw new HostError('upload-mismatch', `${command.title}: ${why}`, {
      host: host.name,
      ended: true,
      result,
    });
  }
  expectOk(result);
  return { host: host.name, path: upload.to, bytes: meter.bytes, sha256: got, durationMs: result.durationMs };
}

/** Counts and digests what passes. */
class Meter extends Transform {
  readonly #hash = createHash('sha256');
  bytes = 0;

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }
}

function refuse(expected: string, got: string): HostError {
  return new HostError('usage', `upload: expected ${expected}, got ${got}`);
}
