/** What a proof found. The detail says what was observed, in either case. */
export interface Finding {
  readonly holds: boolean;
  readonly detail: string;
}

/** A behavioural claim that anyone can run again, without database, network or secret. */
export interface Proof {
  readonly id: string;
  readonly claim: string;
  /** @param tree folder of the tree whose claim it is; what lies beside it on this machine counts too */
  readonly examine: (tree: string) => Promise<Finding>;
}

export interface ProofResult extends Finding {
  readonly id: string;
  readonly claim: string;
}

/** Runs proofs one after another. One that throws does not hold: a proof has no other way to end than its finding. */
export async function runProofs(proofs: readonly Proof[], tree: string): Promise<ProofResult[]> {
  const results: ProofResult[] = [];
  for (const { id, claim, examine } of proofs) {
    const finding = await examine(tree).catch((error: unknown) => ({
      holds: false,
      detail: `threw ${String(error)}`,
    }));
    results.push({ id, claim, ...finding });
  }
  return results;
}
