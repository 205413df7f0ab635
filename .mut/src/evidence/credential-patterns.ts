import { assignedValueEnd } from './assigned-value.ts';

/**
 * One kind of credential. Every pattern must run in linear time over hostile text, so each is one of: a
 * literal prefix and one character class with nothing required after it (a scan that fails is short, one that
 * succeeds is consumed), a bounded repetition, or a repetition whose start is pinned by a lookbehind on the
 * same class.
 */
export type CredentialPattern = {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Where the value behind a match of the pattern ends, exclusive; -1 when there is none. Absent: the match is all. */
  readonly valueEnd?: (text: string, at: number) => number;
  /**
   * Builds what replaces a match from its groups (with the value, where there is one, as the last); undefined leaves the match alone. Absent: the placeholder
   * alone.
   */
  readonly replace?: (placeholder: string, groups: readonly string[]) => string | undefined;
  /** True when text of this shape is a credential whatever stands around it, so that a scan may refuse it. */
  readonly unmistakable?: true;
};

const PLACEHOLDER_ALONE = /^\[redacted:[a-z0-9-]{1,40}\]$/;

/** Words after `password=` that are no value: reports say "secrets: none", configs say `${DB_PASSWORD}`. */
const NO_VALUE =
  /^(?:true|false|null|none|undefined|yes|no|pass|fail|ok|clean|absent|unset|empty|\d{1,3}|\*+|<[^>]*>|\$\{?\w+\}?)$/i;

/**
 * True when what stands behind a secret's name shows nothing: a placeholder, a variable's name, a plain word
 * of a report.
 */
export function showsNoSecret(value: string): boolean {
  return value === '' || PLACEHOLDER_ALONE.test(value) || NO_VALUE.test(value);
}

const afterPrefix = (placeholder: string, [prefix = '', value = '']: readonly string[]) =>
  PLACEHOLDER_ALONE.test(value) ? undefined : `${prefix}${placeholder}`;

const afterKey = (placeholder: string, [key = '', value = '']: readonly string[]) => {
  const quote = /^\\?["']/.exec(value)?.[0] ?? '';
  const inner = quote === '' ? value : value.slice(quote.length).replace(/\\?["']$/, '');
  return showsNoSecret(inner) ? undefined : `${key}${quote}${placeholder}${quote}`;
};

const TABLE: readonly CredentialPattern[] = [
  { kind: 'putty-key', pattern: /Private-Lines: \d{1,6}\r?\n[A-Za-z0-9+/=\r\n]+/g, unmistakable: true },
  { kind: 'ssh-key', pattern: /b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/=]{32,}/g, unmistakable: true },
  { kind: 'age', pattern: /AGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]{1,40})-1[A-Z0-9]{20,}/gi, unmistakable: true },
  { kind: 'aws', pattern: /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}/g },
  {
    kind: 'github',
    pattern: /ghs_\d{1,20}_[A-Za-z0-9_.-]{20,}|gh[pousr]_[A-Za-z0-9_]{36,}|github_pat_[A-Za-z0-9_]{22,}/g,
  },
  { kind: 'gitlab', pattern: /gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt|ffct)-[A-Za-z0-9_.-]{20,}/g },
  { kind: 'slack', pattern: /xox[abceoprs](?:-|\.xox[bp]-)[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}/g },
  {
    kind: 'slack-webhook',
    pattern: /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/_-]{8,}/g,
  },
  {
    // Exactly 39 characters, and not out of the middle of a long base64 text: "AIza" stands there by chance about once in
    // 17 MB. A scan that cries wolf over an image in a data URL would be switched off.
    kind: 'google',
    pattern: /AIza(?<![0-9A-Za-z+/_-]{40}AIza)[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])|GOCSPX-[0-9A-Za-z_-]{28,}/g,
    unmistakable: true,
  },
  { kind: 'google', pattern: /AIza[0-9A-Za-z_-]{35,}|ya29\.[0-9A-Za-z_-]{20,}/g },
  { kind: 'npm', pattern: /npm_[A-Za-z0-9]{36,}/g },
  { kind: 'stripe', pattern: /[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{16,}/g },
  { kind: 'sendgrid', pattern: /SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43,}/g },
  { kind: 'ai-key', pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{24,}/g },
  {
    kind: 'jwt',
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?/g,
  },
  {
    // A scheme and the rest of its line or quoted string; or one long bare token. Prose about an
    // authorization has neither.
    kind: 'authorization',
    pattern:
      /((?<![A-Za-z0-9])(?:proxy-)?authorization\\?["']?[ \t]{0,8}[:=][ \t]{0,8}\\?["']?)((?:digest|aws4-hmac-sha256)[ \t][^\r\n]+|(?:bearer|basic|token|negotiate|ntlm|hawk|oauth|apikey|bot)[ \t][^\r\n"'\\]+|[A-Za-z0-9._~+/=-]{20,})/gi,
    replace: afterPrefix,
  },
  {
    kind: 'bearer',
    pattern: /((?<![A-Za-z0-9])bearer[ \t]{1,4})([A-Za-z0-9._~+/=-]{16,})/gi,
    replace: afterPrefix,
  },
  {
    kind: 'url-credentials',
    // The user part takes a placeholder whole: its colon is none that stands before a password.
    pattern:
      /(:\/\/(?:\[redacted:[a-z0-9-]{1,40}\]|(?!\[redacted:)[^\s"'<>@:/]){0,256}:)([^\s"'<>/]{1,1024})(?=@)/g,
    replace: afterPrefix,
  },
  { kind: 'url-credentials', pattern: /(:\/\/)([^\s"'<>@:/]{20,1024})(?=@)/g, replace: afterPrefix },
  {
    kind: 'dsn',
    pattern: /((?<!\[redacted):)([^\s"'<>@:/]{1,256})(?=@(?:tcp|unix)\()/g,
    replace: afterPrefix,
  },
  {
    kind: 'argument',
    pattern: /(--(?:password|passwd|token|secret|api-?key)[a-z-]{0,20}[ \t]{1,4})([^\s"'=:-][^\s"']{5,})/gi,
    replace: afterKey,
  },
  {
    kind: 'assignment',
    valueEnd: assignedValueEnd,
    pattern:
      /((?:password|passwd|passphrase|[_-]pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|_auth)[a-z0-9_-]{0,40}\\?["']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8})/gi,
    replace: afterKey,
  },
];

/** In the order of use: the most specific first, so that the kind in the placeholder is the telling one. */
export const CREDENTIAL_PATTERNS: readonly CredentialPattern[] = TABLE.map((each) => ({
  ...each,
  pattern: withoutStack(each.pattern),
}));

/**
 * `[a-z]{20,}` as `[a-z]{20}[a-z]*`, which is the same: for a counted repetition V8 keeps a stack as long as what it matches,
 * which ends at some megabytes; for a plain one of single characters it keeps none.
 */
function withoutStack({ source, flags }: RegExp): RegExp {
  return new RegExp(source.replaceAll(/(\[(?:[^\]\\]|\\.)*\])\{(\d+),\}/g, '$1{$2}$1*'), flags);
}
