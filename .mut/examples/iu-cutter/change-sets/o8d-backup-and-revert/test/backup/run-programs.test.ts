import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { type Program, pipePrograms, runProgram } from '../../src/backup/run-programs.ts';

const node = (script: string): Program => ({ command: process.execPath, args: ['-e', script], env: {} });
const COPY = node('process.stdin.pipe(process.stdout)');
const MISSING: Program = { command: '/nowhere/gpg', args: [], env: {} };

function collect(): { output: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _, next) => {
      chunks.push(chunk);
      next();
    },
  });
  return { output, text: () => Buffer.concat(chunks).toString() };
}

test('what goes in comes out at the other end, whole', async () => {
  const { output, text } = collect();
  const sent = 'x'.repeat(500_000);
  await pipePrograms(COPY, COPY, { input: Readable.from([Buffer.from(sent)]), output });
  assert.equal(text(), sent);
});

test('a program that fails is named with what it said, whichever of the two it is', async () => {
  const broken = node("process.stdout.write('half'); console.error('disk is full'); process.exitCode = 3");
  await assert.rejects(pipePrograms(broken, COPY, collect()), /to exit with 0, got 3: disk is full/);
  await assert.rejects(pipePrograms(COPY, broken, collect()), /to exit with 0, got 3: disk is full/);
});

test('a program that is not there is named', async () => {
  await assert.rejects(pipePrograms(MISSING, COPY, collect()), /expected \/nowhere\/gpg to start/);
  await assert.rejects(pipePrograms(COPY, MISSING, collect()), /expected \/nowhere\/gpg to start/);
  await assert.rejects(runProgram(MISSING), /expected \/nowhere\/gpg to start/);
});

test('a place that cannot be written to fails the whole', async () => {
  const output = new Writable({ write: (_chunk, _encoding, next) => next(new Error('no space left')) });
  const input = Readable.from([Buffer.from('x')]);
  await assert.rejects(pipePrograms(COPY, COPY, { input, output }), /no space left/);
});

test('what a program prints is its answer', async () => {
  assert.equal(await runProgram(node("process.stdout.write('yes')")), 'yes');
});
