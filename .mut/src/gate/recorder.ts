// Collects what a gate sees: criteria with their evidence. Everything is redacted before it is kept.
import { sha256Hex } from '../evidence/digest.ts';
import type { CommandResult } from '../host/host.ts';
import type { Check, Evidence } from '../run/gate-result.ts';

export interface Recorder {
  readonly checks: readonly Check[];
  readonly evidence: readonly Evidence[];
  /** Decides one criterion: passes exactly when `holds`; otherwise it takes `otherwise` (default fail). */
  check(
    id: string,
    title: string,
    holds: boolean,
    seen: {
      expected?: string;
      actual: string;
      evidence?: readonly string[];
      otherwise?: 'fail' | 'blocked' | 'inconclusive' | 'partial';
      /** With `partial`: the known gap that its not holding is a part of. */
      gap?: string;
    },
  ): boolean;
  /** Keeps a text as evidence; returns its digest. */
  keep(title: string, text: string, mediaType?: string): string;
  /** Keeps what a command was, said and returned; returns its digest. */
  keepCommand(title: string, result: CommandResult): string;
  /** Notes a command that changed a host; all of them become one piece of evidence when the gate ends. */
  noteChange(result: CommandResult): void;
  /** Keeps the noted changes. Called once, by whoever runs the gate. */
  keepChanges(): void;
}

/** Evidence longer than this is cut in the middle, and says so with the digest and length of the whole. */
const maxEvidenceChars = 200_000;

export function createRecorder(redact: (text: string) => string): Recorder {
  const checks: Check[] = [];
  const evidence: Evidence[] = [];

  function keep(title: string, text: string, mediaType = 'text/plain'): string {
    const kept = bound(redact(text));
    const digest = `sha256:${sha256Hex(kept)}`;
    if (!evidence.some((each) => each.digest === digest)) {
      evidence.push({ digest, bytes: Buffer.byteLength(kept), title: redact(title), mediaType, text: kept });
    }
    return digest;
  }

  const changes: CommandResult[] = [];

  return {
    checks,
    evidence,
    check(id, title, holds, { expected, actual, evidence: digests = [], otherwise = 'fail', gap }) {
      const status = holds ? 'pass' : otherwise;
      checks.push({
        id,
        title: redact(title),
        status,
        ...(expected === undefined ? {} : { expected: redact(expected) }),
        actual: redact(actual),
        ...(!holds && gap !== undefined ? { gap } : {}),
        evidence: [...digests],
      });
      return holds;
    },
    keep,
    keepCommand: (title, result) => keep(title, transcript(result)),
    noteChange: (result) => void changes.push(result),
    keepChanges() {
      if (changes.length > 0)
        keep(
          'changes made',
          changes.map((result) => `## ${result.title}\n${transcript(result)}`).join('\n\n'),
        );
    },
  };
}

function transcript({
  host,
  argv,
  exitCode,
  startedAt,
  durationMs,
  stdout,
  stderr,
  stdoutBytes,
  stderrBytes,
  stdoutSha256,
  stderrSha256,
  stdoutTruncated,
  stderrTruncated,
}: CommandResult): string {
  return [
    `host: ${host}`,
    `command: ${JSON.stringify(argv)}`,
    `started: ${startedAt}`,
    `duration: ${durationMs} ms`,
    `exit code: ${exitCode}`,
    `stdout: ${stdoutBytes} bytes, sha256 ${stdoutSha256}`,
    `stderr: ${stderrBytes} bytes, sha256 ${stderrSha256}`,
    '--- stdout',
    stdoutTruncated ? `${wholeLines(stdout, 'first')}[… cut here …]` : stdout,
    '--- stderr',
    stderrTruncated ? `[… cut here …]\n${wholeLines(stderr, 'last')}` : stderr,
  ].join('\n');
}

/** Where output was cut, half a credential may stand, which nothing could recognise. */
function wholeLines(text: string, kept: 'first' | 'last'): string {
  if (kept === 'first') return text.slice(0, text.lastIndexOf('\n') + 1);
  const end = text.indexOf('\n');
  return end === -1 ? '' : text.slice(end + 1);
}

function bound(text: string): string {
  if (text.length <= maxEvidenceChars) return text;
  const half = maxEvidenceChars / 2;
  return `${text.slice(0, half)}\n[… cut here: the whole is ${text.length} characters, sha256 ${sha256Hex(text)} …]\n${text.slice(-half)}`;
}
