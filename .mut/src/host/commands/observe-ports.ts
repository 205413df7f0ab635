import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';

/** A TCP socket that takes connections. */
export type ListeningPort = {
  /** `0.0.0.0` and `::` are every address. IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
};

/** What the kernel says (proc(5)): the same for every user, and without a tool that may be missing. */
const LIST = `
[ -r /proc/net/tcp ] || { printf 'no-path\\n'; exit 0; }
printf 'present\\n'
cat /proc/net/tcp
if [ -r /proc/net/tcp6 ]; then cat /proc/net/tcp6; fi
`;

/** TCP ports that something listens on, of IPv4 and IPv6. Absent on a host without Linux's /proc. */
export function listeningPorts(): Command {
  return script('observe', 'listening TCP ports', LIST, [], {
    env: { LC_ALL: 'C' },
    timeoutMs: 20_000,
    maxOutputBytes: 32 * 1024 * 1024,
  });
}

const listening = '0A';
const headings = /^\s*sl\s+local_address\s/;

export function parseListeningPorts(result: CommandResult): Observed<ListeningPort[]> {
  const [state, ...lines] = wholeStdout(result).split('\n');
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present') throw unreadable(result, 'listening ports', JSON.stringify(state));
  const found = new Map<string, ListeningPort>();
  for (const line of lines) {
    if (line.trim() === '' || headings.test(line)) continue;
    const [, address, port, status] =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ??
      [];
    if (address === undefined || port === undefined)
      throw unreadable(result, 'a socket', JSON.stringify(line));
    if (status !== listening) continue;
    // Several processes may listen on one port (SO_REUSEPORT).
    const socket = { address: readAddress(address), port: Number.parseInt(port, 16) };
    found.set(`${socket.address} ${socket.port}`, socket);
  }
  const order = (a: ListeningPort, b: ListeningPort) =>
    a.port - b.port || (a.address < b.address ? -1 : a.address > b.address ? 1 : 0);
  return { state: 'present', value: [...found.values()].sort(order) };
}

/** The kernel prints 32-bit words in the order of the machine, which is little-endian wherever Node runs on Linux but s390x. */
function readAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
