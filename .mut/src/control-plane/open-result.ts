// What the control plane believes of what comes back over the queue: results that a trusted worker has signed for exactly
// the job that was asked for. All else is as if the gate had said nothing, for whoever can write to the queue can say it.
import { AttestationError } from '../attestation/attestation-error.ts';
import type { TrustedWorker } from '../config/trusted-workers.ts';
import { type Answer, readAnswer } from '../gate/signed-result.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { GateResult } from '../run/gate-result.ts';
import { ResultError } from '../run/result-error.ts';
import type { GateState, RunState } from '../run/state.ts';

export type OpenResult = (
  run: Pick<RunState, 'runId'>,
  gate: Pick<GateState, 'gate' | 'attempt' | 'nonce'>,
  jobDigest: string,
  value: unknown,
) => GateResult;

/** `now` in ms since the epoch. The function that is returned throws ResultError. */
export function resultOpener(workers: readonly TrustedWorker[], now: () => number): OpenResult {
  return (run, { gate, attempt, nonce }, jobDigest, value) => {
    const label = `${gate.id} ${gate.title}`;
    const { answer, worker } = open(value, workersOf(workers, gate.role, now()), gate.role, label);
    const asked = { run: run.runId, gate: keyOf(gate), attempt, jobDigest };
    for (const field of ['run', 'gate', 'attempt', 'jobDigest'] as const) {
      if (answer[field] !== asked[field])
        throw new ResultError(
          'result-of-another-job',
          `The answer to ${label} is signed by the worker ${worker.name}, but over a job with another ${field} than was asked for: ${asked[field]}. Somebody has altered the job or swapped the answer; find out who writes to the queue, look at the host, and start the run anew.`,
        );
    }
    // A worker that was handed another permission than this one answers for that one.
    if (nonce !== null && answer.nonce !== nonce)
      throw new ResultError(
        'result-of-another-job',
        `The answer to ${label} is signed by the worker ${worker.name}, but for another authorization than the one that was given: expected ${nonce}, got ${answer.nonce ?? 'none'}. Somebody has put a job of their own on the queue; find out who writes to it.`,
      );
    const { result, machine } = answer;
    if (result.gate !== keyOf(gate) || result.attempt !== attempt || result.machine !== machine)
      throw unreadable(label);
    if (worker.machine !== null && worker.machine !== machine)
      throw new ResultError(
        'result-of-another-machine',
        `The answer to ${label} is signed by the worker ${worker.name} as another machine than ${worker.machine}, the only one that workers/${worker.name}/machine trusts it as. Mend that setting, or the worker’s own setting \`machine\`, and start the run anew.`,
      );
    return result;
  };
}

/** Those whose word counts for the role at this moment. */
function workersOf(workers: readonly TrustedWorker[], role: string, now: number): TrustedWorker[] {
  return workers.filter(
    ({ roles, key: { validAfter, validBefore } }) =>
      roles.includes(role) &&
      (validAfter === null || now >= validAfter.getTime()) &&
      (validBefore === null || now < validBefore.getTime()),
  );
}

function open(
  value: unknown,
  workers: readonly TrustedWorker[],
  role: string,
  label: string,
): { answer: Answer; worker: TrustedWorker } {
  const keys = workers.map(({ key }) => key.key);
  try {
    const { answer, keyId } = readAnswer(typeof value === 'string' ? value : '', keys);
    const worker = workers.find(({ key }) => key.keyId === keyId);
    if (worker) return { answer, worker };
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw unreadable(label, cause);
    throw notSigned(label, role, cause);
  }
  throw notSigned(label, role);
}

function notSigned(label: string, role: string, cause?: unknown): ResultError {
  return new ResultError(
    'result-not-signed',
    `The answer to ${label} bears no signature of a worker that this control plane trusts for the role ${role}, so nothing of it is believed, and what the gate did is not known. If the worker is yours, enrol it: run \`interlock keys worker\` on its machine and name the key under \`workers\` here. If it is not, find out who writes to the queue. Look at the host, and start the run anew.`,
    { cause },
  );
}

function unreadable(label: string, cause?: unknown): ResultError {
  return new ResultError(
    'result-unreadable',
    `The answer to ${label} is signed by a trusted worker, in a form that this control plane does not know. Run the same version of Interlock on both, look at the host, and start the run anew.`,
    { cause },
  );
}
