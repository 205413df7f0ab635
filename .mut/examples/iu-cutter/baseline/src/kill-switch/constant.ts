// Deploy probes read this line as text. It stays in a file of its own so that nothing else ever changes with it.
const EXECUTION_ENABLED = false;

/** What this tree was built with. */
export function builtWithExecution(): boolean {
  return EXECUTION_ENABLED;
}
