// What is wrong with a plan file: every fault at once, each with its place.
export interface PlanFault {
  readonly file: string;
  /** 1-based line in the file; 0 when the whole file is meant. */
  readonly line: number;
  /** Path inside the plan, such as hosts/contabo/port; empty for the whole. */
  readonly path: string;
  /** What was expected, what came, and the next move where it is not plain. */
  readonly message: string;
}

/** One line a fault: `file:line path: message`. */
export function formatFault({ file, line, path, message }: PlanFault): string {
  return `${file}${line > 0 ? `:${line}` : ''} ${path === '' ? '(plan)' : path}: ${message}`;
}

export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly code: 'invalid' | 'not-found' | 'unreadable' | 'ambiguous' | 'no-section' | 'exists';
  readonly faults: readonly PlanFault[];

  constructor(
    code: PlanError['code'],
    message: string,
    faults: readonly PlanFault[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.faults = faults;
  }
}
