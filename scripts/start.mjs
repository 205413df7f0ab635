// Entry of every npm script, written for the oldest Node that npm itself may run on (20) and without dependencies:
// brings node_modules up to the committed lockfile, then hands over to the Node 24 that the lockfile pins.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const marker = join(root, 'node_modules', '.interlock-set-up');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package.json')))
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!isSetUp()) {
  process.stderr.write(
    'interlock: setting up: npm install over the committed lockfile (once, about half a minute)\n',
  );
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    process.stderr.write(
      `interlock: set-up failed: expected npm install to exit 0, got ${npm.status ?? npm.error?.message ?? npm.signal}; ` +
        'its own message is above. Mend that and run the same command again.\n',
    );
    process.exit(1);
  }
  writeFileSync(marker, wanted);
}

const [script = '', ...args] = process.argv.slice(2);
const child = spawn(join(bin, 'node'), [join(root, script), ...args], {
  // The command line speaks of the caller's files; the test and lint scripts speak of the project's own.
  cwd: script.startsWith('src/') ? (process.env.INIT_CWD ?? root) : root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
// The terminal sends Ctrl-C to the whole process group; other senders reach only us, so pass their signals on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
child.on('error', (error) => {
  process.stderr.write(
    `interlock: cannot start ${join(bin, 'node')}: ${error.message}. Delete node_modules and try again.\n`,
  );
  process.exit(1);
});

function isSetUp() {
  return existsSync(join(bin, 'node')) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted;
}
