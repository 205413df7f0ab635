/** Ways to call renameat2(2) with RENAME_EXCHANGE, best first. */
export const EXCHANGE_WAYS = ['mv', 'exch', 'python3', 'perl'] as const;
export type ExchangeWay = (typeof EXCHANGE_WAYS)[number];

// AT_FDCWD is -100, RENAME_EXCHANGE is 2 (linux/fcntl.h, linux/fs.h).

/** For Python 3 with ctypes; glibc has the call since 2.28. */
const PYTHON = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
a, b = (os.fsencode(path) for path in sys.argv[1:3])
if hasattr(libc, "renameat2"):
    failed = libc.renameat2(-100, a, -100, b, 2)
else:
    number = {"x86_64": 316, "aarch64": 276, "riscv64": 276}[os.uname().machine]
    failed = libc.syscall(number, -100, a, -100, b, 2)
if failed:
    sys.exit("renameat2: " + os.strerror(ctypes.get_errno()))
`;

/** For Perl, which brings `syscall` but not the call's number. */
const PERL = `
use POSIX ();
my %numbers = (x86_64 => 316, aarch64 => 276, riscv64 => 276);
my $machine = (POSIX::uname())[4];
my $number = $numbers{$machine} or die "renameat2: no number known for $machine\\n";
my ($a, $b) = @ARGV;
syscall($number, -100, $a, -100, $b, 2) == 0 or die "renameat2: $!\\n";
`;

/** The program of each way; the two paths follow. */
export const EXCHANGE_PROGRAMS: Readonly<Record<ExchangeWay, readonly string[]>> = {
  // coreutils 9.5 and later
  mv: ['mv', '--exchange', '-T', '--'],
  // util-linux 2.40 and later
  exch: ['exch'],
  python3: ['python3', '-c', PYTHON],
  perl: ['perl', '-e', PERL],
};
