// Waiting for the signal that ends a process.

/** ms in which a second delivery of a signal counts as the same: a terminal and npm both pass Ctrl-C on. */
const echoMs = 500;

/** Resolves with the first SIGINT or SIGTERM. The next one, unless it is an echo, ends the process at once. */
export function untilSignalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      if (first === 0) {
        first = Date.now();
        resolve(signal);
      } else if (Date.now() - first > echoMs) {
        process.exit(130);
      }
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
