// The table of docs/probes.md on a real systemd, and cron's files in namespaces of their own.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalHost } from '../../src/host/local-host.ts';
import type { Deed } from '../../src/plan/deeds.ts';
import { kindsExpected, kindsThatSaw } from '../fixtures/deeds.ts';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';
import { canRunSystemd, type Systemd, startSystemd } from '../fixtures/systemd.ts';

const unit = (...lines: string[]) =>
  ['[Unit]', 'DefaultDependencies=no', '[Service]', ...lines, ''].join('\n');
const units = {
  'nap.service': unit('ExecStart=/bin/sleep infinity', 'ExecReload=/bin/true'),
  'rest.service': unit('ExecStart=/bin/sleep infinity'),
  'again.service': unit('ExecStart=/bin/sleep infinity', 'Restart=always', 'RestartSec=0'),
  'moment.service': unit('Type=oneshot', 'ExecStart=/bin/true'),
};

describe.skipIf(!canRunSystemd)('on a host with systemd', () => {
  let systemd: Systemd;
  let world: TestProbeWorld;
  const systemctl = (...args: string[]) => systemd.run('systemctl', ...args);
  const probes = { services: { host: 'web-1' } };
  beforeAll(async () => {
    systemd = await startSystemd(units);
    world = openProbeWorld({ host: systemd.host });
    systemctl('start', 'nap.service', 'again.service');
  });
  afterAll(async () => {
    await world?.close();
    await systemd?.close();
  });

  const deeds: [Deed, string[]][] = [
    ['restart-service', ['restart', 'nap.service']],
    ['stop-service', ['start', 'rest.service']],
    ['stop-service', ['stop', 'rest.service']],
    ['reload-service', ['reload', 'nap.service']],
  ];
  it.each(deeds)('%s (%#) shows where the table says', async (deed, args) => {
    expect(await kindsThatSaw(world, probes, () => systemctl(...args))).toEqual(kindsExpected(deed, probes));
  });

  it('what a timer starts for a moment does not show, and a start that systemd itself repeats does', async () => {
    expect(await kindsThatSaw(world, probes, () => systemctl('start', 'moment.service'))).toEqual([]);
    const pid = () => systemctl('show', '--value', '--property=MainPID', 'again.service').trim();
    const before = pid();
    const kill = async () => {
      systemd.run('kill', '-9', before);
      await vi.waitFor(() => {
        expect(pid()).not.toBe(before);
        expect(pid()).not.toBe('0');
      });
    };
    expect(await kindsThatSaw(world, probes, kill)).toEqual(['services']);
  });

  it('units that are named are all that is read, and one that is not there cannot be', async () => {
    const named = { services: { host: 'web-1', units: ['again.service'] } };
    expect(await kindsThatSaw(world, named, () => systemctl('restart', 'nap.service'))).toEqual([]);
    expect(await kindsThatSaw(world, named, () => systemctl('restart', 'again.service'))).toEqual([
      'services',
    ]);
    await expect(
      world.read({ kind: 'services', host: 'web-1', units: ['again.service', 'nup.service'] }),
    ).rejects.toThrow(/none called nup\.service/);
  });

  it('change-cron-file shows where the table says', async () => {
    const crontab = { crontab: { host: 'web-1' } };
    const shell = (line: string) => () => systemd.run('sh', '-c', line);
    const expected = kindsExpected('change-cron-file', crontab);
    const job = '/etc/cron.d/job';
    expect(await kindsThatSaw(world, crontab, shell(`echo '* * * * * root true' > ${job}`))).toEqual(
      expected,
    );
    expect(await kindsThatSaw(world, crontab, shell(`echo '* * * * * root false' > ${job}`))).toEqual(
      expected,
    );
    expect(await kindsThatSaw(world, crontab, shell(`rm ${job}`))).toEqual(expected);
  });
});

it('change-own-crontab shows where the table says', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'interlock-cron-'));
  const table = join(bin, 'table');
  await writeFile(table, '0 1 * * * /bin/true\n');
  await writeFile(join(bin, 'crontab'), `#!/bin/sh\n[ "$1" = -l ] && exec cat ${table}\n`);
  await chmod(join(bin, 'crontab'), 0o755);
  const host = new LocalHost({ name: 'web-1', env: { PATH: `${bin}:${process.env['PATH']}` } });
  const world = openProbeWorld({ host });
  const probes = { crontab: { host: 'web-1' } };
  expect(
    await kindsThatSaw(world, probes, () => writeFile(table, '0 1 * * * /bin/true\n0 2 * * * /bin/x\n')),
  ).toEqual(kindsExpected('change-own-crontab', probes));
  await world.close();
  await host.close();
  await rm(bin, { recursive: true });
});
