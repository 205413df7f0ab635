import { extname } from 'node:path';
import { lintSource } from '@secretlint/core';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { z } from 'zod';
import { CREDENTIAL_PATTERNS } from './credential-patterns.ts';
import { sha256Hex } from './digest.ts';
import { EvidenceError } from './evidence-error.ts';
import { findPemBlocks } from './pem-blocks.ts';
import { readingsOf, type ScannedFile } from './scanned-file.ts';

/**
 * Where a secret stands, never the secret: `fingerprint` is the first 8 hex digits of its SHA-256, to tell
 * two apart.
 */
export type Finding = {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly fingerprint: string;
};

/**
 * The preset can be told by a comment in the scanned file to look away; that rule is left out, and the
 * comment is a finding.
 */
const FILTER_COMMENTS = '@secretlint/secretlint-rule-filter-comments';
const CONFIG = {
  rules: rules.filter(({ meta }) => meta.id !== FILTER_COMMENTS).map((rule) => ({ id: rule.meta.id, rule })),
};
const Data = z.record(z.string(), z.unknown());

/**
 * Scans files for secrets with secretlint's recommended rules, and with patterns of our own for what those
 * miss (age and PuTTY keys, Google keys, encrypted private keys). Bytes that are no UTF-8 are scanned too.
 * Findings are sorted by path and line. Throws EvidenceError `scan-failed`, `aborted`: a scan that did not
 * finish is not a clean one.
 */
export async function scanForSecrets(
  files: readonly ScannedFile[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Finding[]> {
  const findings: Finding[][] = [];
  for (const file of files) {
    if (options.signal?.aborted === true) {
      throw new EvidenceError('aborted', 'the secret scan was stopped', { cause: options.signal.reason });
    }
    findings.push(await scanFile(file));
  }
  return findings.flat().toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
}

async function scanFile(file: ScannedFile): Promise<Finding[]> {
  const found: (Omit<Located, 'at'> & { line: number })[] = [];
  for (const text of readingsOf(file.content)) {
    const lineAt = lineFinder(text);
    for (const { at, ...more } of [...(await lintFile(file.path, text)), ...ownFindings(text)])
      found.push({ ...more, line: lineAt(at) });
  }
  const seen = new Set<string>();
  return found.flatMap(({ line, rule, secret }): Finding[] => {
    const fingerprint = sha256Hex(secret).slice(0, 8);
    // Of two rules that see the same secret, the first one tells.
    const key = `${line} ${fingerprint}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ path: file.path, line, rule, fingerprint }];
  });
}

type Located = { readonly at: number; readonly rule: string; readonly secret: string };

async function lintFile(path: string, text: string): Promise<Located[]> {
  const source = { content: text, filePath: path, ext: extname(path), contentType: 'text' as const };
  const { messages } = await lintSource({
    source,
    options: { config: CONFIG, noPhysicFilePath: true },
  }).catch((cause: unknown) => {
    throw new EvidenceError('scan-failed', `expected to scan ${path} for secrets, got a failing rule`, {
      cause,
    });
  });
  const searched = new Map<string, number>();
  return messages.map(({ ruleId, messageId, range, data }) => {
    const rule = `${ruleId.replace('@secretlint/secretlint-rule-', '')}/${messageId}`;
    const [start, end] = range;
    // Some rules give a range that is off, but all give the secret: look for it, behind the last place it was
    // found at.
    const values = Object.values(Data.safeParse(data).data ?? {}).filter(
      (value) => typeof value === 'string',
    );
    const secret = values
      .filter((value) => value !== '' && text.includes(value))
      .toSorted((a, b) => b.length - a.length)[0];
    if (secret === undefined) return { at: start, rule, secret: text.slice(start, end) };
    if (text.startsWith(secret, start)) return { at: start, rule, secret };
    const at = text.indexOf(secret, searched.get(secret) ?? 0);
    searched.set(secret, at + 1);
    return { at: at === -1 ? start : at, rule, secret };
  });
}

function ownFindings(text: string): Located[] {
  const comments = [...text.matchAll(/secretlint-(?:disable|enable)[a-z-]*/g)].map((match) => ({
    at: match.index,
    rule: 'interlock/scan-disabled',
    secret: match[0],
  }));
  const keys = findPemBlocks(text)
    .filter(({ start, end, complete }) => complete && end - start > 150)
    .map(({ start, end }) => ({ at: start, rule: 'interlock/private-key', secret: text.slice(start, end) }));
  const credentials = CREDENTIAL_PATTERNS.filter(({ unmistakable }) => unmistakable === true).flatMap(
    ({ kind, pattern }) =>
      [...text.matchAll(pattern)].map((match) => ({
        at: match.index,
        rule: `interlock/${kind}`,
        secret: match[0],
      })),
  );
  return [...comments, ...keys, ...credentials];
}

/** Line numbers by offset: one pass to collect the line starts, then a binary search each. */
function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** A text that must not occur, such as `PIN_`, and why. */
export type ForbiddenPattern = { readonly pattern: string; readonly reason: string };

export type PatternFinding = {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly pattern: string;
  readonly reason: string;
};

/**
 * Looks for forbidden texts, literally and with the case as given. One finding a line and pattern, in the
 * order of the files.
 */
export function scanForPatterns(
  files: readonly ScannedFile[],
  patterns: readonly ForbiddenPattern[],
): PatternFinding[] {
  return files.flatMap(({ path, content }) => {
    const readings = readingsOf(content).map((text) => text.split('\n'));
    return patterns.flatMap(({ pattern, reason }) => {
      if (pattern === '') return [];
      const lines = readings.flatMap((reading) =>
        reading.flatMap((text, index) => (text.includes(pattern) ? [index + 1] : [])),
      );
      return [...new Set(lines)].sort((a, b) => a - b).map((line) => ({ path, line, pattern, reason }));
    });
  });
}
