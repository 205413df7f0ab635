/** Where a backup is kept, and the SHA-256 of the file as it lies there: anybody can compare it, with no key at hand. */
export interface BackupReceipt {
  readonly place: string;
  readonly digest: string;
}

/** Keeps what production holds before a cut writes to it. */
export interface Backup {
  /** OpenPGP fingerprint of the key that it is encrypted to, in full. */
  readonly recipient: string;
  /** Looks whether a backup can be made at all. @throws Refusal `backup-not-provisioned` */
  requireReady(): Promise<void>;
  /** @throws Refusal `backup-failed`; nothing half-made is left */
  take(cutId: string): Promise<BackupReceipt>;
}
