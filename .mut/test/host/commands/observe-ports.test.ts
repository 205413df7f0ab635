import { describe, expect, it } from 'vitest';
import { fileState } from '../../../src/host/commands/observe-file.ts';
import { listeningPorts, parseListeningPorts } from '../../../src/host/commands/observe-ports.ts';
import type { CommandResult } from '../../../src/host/host.ts';

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const socket = (local: string, state: string) =>
  `   0: ${local} ${local.includes(':') && local.length > 20 ? '0'.repeat(32) : '00000000'}:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0\n`;
const result = (stdout: string): CommandResult => ({
  host: 'web-1',
  title: 'ports',
  argv: [],
  exitCode: 0,
  stdout,
  stderr: '',
  stdoutBytes: stdout.length,
  stdoutSha256: '',
  stdoutTruncated: false,
  stderrBytes: 0,
  stderrSha256: '',
  stderrTruncated: false,
  startedAt: '',
  durationMs: 0,
});

it('the new builders only observe', () => {
  expect([fileState('/etc/hosts').effect, listeningPorts().effect]).toEqual(['observe', 'observe']);
});

describe('the table of sockets', () => {
  it('gives each listening address once, in order', () => {
    const text = [
      'present\n',
      header,
      socket('0100007F:1F90', '0A'),
      socket('0100007F:1F90', '0A'),
      socket('00000000:0016', '0A'),
      socket('0100007F:A001', '01'),
      header,
      socket('00000000000000000000000001000000:1F90', '0A'),
      socket('0000000000000000FFFF00000100007F:0050', '0A'),
    ].join('');
    expect(parseListeningPorts(result(text))).toEqual({
      state: 'present',
      value: [
        { address: '0.0.0.0', port: 22 },
        { address: '::ffff:7f00:1', port: 80 },
        { address: '127.0.0.1', port: 8080 },
        { address: '::1', port: 8080 },
      ],
    });
  });

  it('is absent without /proc, and unreadable when a line is not as promised', () => {
    expect(parseListeningPorts(result('no-path\n'))).toEqual({ state: 'absent', reason: 'no-path' });
    for (const text of [
      '',
      'present\nnonsense\n',
      `present\n${header}${socket('0100007F:1F90', '0A').slice(0, 20)}\n`,
    ])
      expect(() => parseListeningPorts(result(text))).toThrow(
        expect.objectContaining({ code: 'output-unreadable' }),
      );
  });
});
