/** Ways to call renameat2(2) with RENAME_EXCHANGE, best first. */
export const EXCHANGE_WAYS = ['mv', 'exch', 'python3', 'perl'] as const;
export type ExchangeWay = (typeof EXCHANGE_WAYS)[number];

/** Ways to call renameat2(2) with RENAME_NOREPLACE, which names a tree and never replaces one, best first. */
export const PLACING_WAYS = ['python3', 'perl', 'mv'] as const satisfies readonly ExchangeWay[];
export type PlacingWay = (typeof PLACING_WAYS)[number];

// AT_FDCWD is -100 (linux/fcntl.h), RENAME_NOREPLACE is 1, RENAME_EXCHANGE is 2 (linux/fs.h).
const [NOREPLACE, EXCHANGE] = [1, 2];

/** For Python 3 with ctypes; glibc has the call since 2.28. */
const python = (flag: number) => `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
a, b = (os.fsencode(path) for path in sys.argv[1:3])
if hasattr(libc, "renameat2"):
    failed = libc.renameat2(-100, a, -100, b, ${flag})
else:
    number = {"x86_64": 316, "aarch64": 276, "riscv64": 276}[os.uname().machine]
    failed = libc.syscall(number, -100, a, -100, b, ${flag})
if failed:
    sys.exit("renameat2: " + os.strerror(ctypes.get_errno()))
`;

/** For Perl, which brings `syscall` but not the call's number. */
const perl = (flag: number) => `
use POSIX ();
my %numbers = (x86_64 => 316, aarch64 => 276, riscv64 => 276);
my $machine = (POSIX::uname())[4];
my $number = $numbers{$machine} or die "renameat2: no number known for $machine\\n";
my ($a, $b) = @ARGV;
syscall($number, -100, $a, -100, $b, ${flag}) == 0 or die "renameat2: $!\\n";
`;

/** The program of each way; the two paths follow. */
export const EXCHANGE_PROGRAMS: Readonly<Record<ExchangeWay, readonly string[]>> = {
  // coreutils 9.5 and later
  mv: ['mv', '--exchange', '-T', '--'],
  // util-linux 2.40 and later
  exch: ['exch'],
  python3: ['python3', '-c', python(EXCHANGE)],
  perl: ['perl', '-e', perl(EXCHANGE)],
};

/** The same for a name that must be free. */
export const PLACING_PROGRAMS: Readonly<Record<PlacingWay, readonly string[]>> = {
  python3: ['python3', '-c', python(NOREPLACE)],
  perl: ['perl', '-e', perl(NOREPLACE)],
  // GNU coreutils since 8.30 make the same call for -n; it says nothing when the name is taken, so its caller looks.
  mv: ['mv', '-n', '-T', '--'],
};
