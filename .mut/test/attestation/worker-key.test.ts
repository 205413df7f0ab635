import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPublicKey } from '../../src/attestation/keys.ts';
import { openWorkerKey, workerKeyFiles } from '../../src/attestation/worker-key.ts';
import { runCommand } from '../../src/demo/server-process.ts';

let data: string;
let directory: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'interlock-worker-key-'));
  directory = join(data, 'worker-keys');
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe('a worker’s key', () => {
  it('is made once, for its owner alone, and found again', async () => {
    const made = await openWorkerKey(directory);
    expect((await openWorkerKey(directory)).keyId).toBe(made.keyId);
    expect((await stat(join(directory, workerKeyFiles.private))).mode & 0o777).toBe(0o600);
    const pem = await readFile(join(directory, workerKeyFiles.public), 'utf8');
    expect(loadPublicKey(pem).keyId).toBe(made.keyId);
  });

  it('is one, however many processes make it at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => openWorkerKey(directory)));
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1);
  });

  it('is refused, and not replaced, when others could read it', async () => {
    await openWorkerKey(directory);
    await chmod(join(directory, workerKeyFiles.private), 0o644);
    await expect(openWorkerKey(directory)).rejects.toMatchObject({ code: 'key-exposed' });
  });

  it('is printed by the command line as the control plane reads it', async () => {
    const printed = await runCommand(process.execPath, ['src/cli.ts', 'keys', 'worker', '--data', data]);
    const { keyId } = await openWorkerKey(directory);
    expect(printed).toContain(`key id ${keyId}`);
    expect(loadPublicKey(printed).keyId).toBe(keyId);
    expect(printed).not.toContain('PRIVATE');
  });
});
