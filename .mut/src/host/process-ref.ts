import { z } from 'zod';

/** One process of a Linux host, which its number alone does not name: numbers are used again. */
export const processRef = z.object({
  pid: z.string().regex(/^[1-9][0-9]*$/),
  /** Clock ticks since boot, as the 22nd field of /proc/PID/stat has it (proc(5)). */
  start: z.string().regex(/^[0-9]+$/),
});
export type ProcessRef = z.infer<typeof processRef>;

/**
 * A shell function that prints when process `$1` was started, and nothing when there is none. It holds no single quote, so that
 * it may stand in a quoted script.
 */
export const START_OF = `
start_of() {
  line=$(cat "/proc/$1/stat" 2> /dev/null) || return 0
  set -- \${line##*) }
  shift 19
  printf %s "$1"
}
`;
