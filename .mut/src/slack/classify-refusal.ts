// What an answer of Slack's means for what was to be shown. Pure. The lists are Slack's own (the errors of chat.postMessage,
// chat.update, files.getUploadURLExternal, files.completeUploadExternal and the errors that all methods share); a code that is
// in none of them is a refusal of this one thing, because a code that nobody knows must not hold up everything that follows.
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';

export interface Refusal {
  /**
   * `refused`: this message, edit or file, now and later. `gone`: the message is not there any more. `no-thread`: nothing can be
   * said in this thread. `shut-out`: nothing can be said in this channel or workspace until a person has mended it. `passing`:
   * it may do the next time. `unanswered`: the same, and nobody knows whether it was done.
   */
  readonly kind: 'refused' | 'gone' | 'no-thread' | 'shut-out' | 'passing' | 'unanswered';
  /** Slack's word for it, such as `edit_window_closed`; for the log and for people. */
  readonly code: string;
  /** ms that Slack asks to be left alone for. */
  readonly waitMs?: number;
}

const noThread = new Set([
  'thread_not_found',
  'cannot_reply_to_message',
  'restricted_action_thread_locked',
  'restricted_action_non_threadable_channel',
]);

const passing = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'external_channel_migrating',
  'update_failed',
  'file_update_failed',
  'posting_to_channel_temporarily_disabled',
]);

const toAdmin = 'ask an administrator of the workspace to let the app in';
const toInstall = 'install the app again and renew SLACK_BOT_TOKEN';

/** What a person has to do before anything can be said again. */
const mends: ReadonlyMap<string, string> = new Map([
  ['not_in_channel', 'invite the bot to the channel again'],
  ['channel_not_found', 'invite the bot to the channel again, or correct approval.channels of the plan'],
  ['is_archived', 'unarchive the channel'],
  ['restricted_action', 'ask an administrator to let the app post in the channel'],
  ['restricted_action_read_only_channel', 'ask an administrator to let the app post in the channel'],
  ['restricted_action_thread_only_channel', 'ask an administrator to let the app post in the channel'],
  ['ekm_access_denied', 'ask an administrator to allow messages again'],
  ['no_permission', toAdmin],
  ['access_denied', toAdmin],
  ['accesslimited', toAdmin],
  ['team_access_not_granted', toAdmin],
  ['org_login_required', toAdmin],
  ['enterprise_is_restricted', toAdmin],
  ['two_factor_setup_required', toAdmin],
  ['missing_scope', 'update the app from slack/manifest.yaml and install it again'],
  ['not_allowed_token_type', toInstall],
  ['invalid_auth', toInstall],
  ['not_authed', toInstall],
  ['account_inactive', toInstall],
  ['token_revoked', toInstall],
  ['token_expired', toInstall],
]);

/** Null for what does not come from Slack, such as a ledger that is away. */
export function classifyRefusal(error: unknown): Refusal | null {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'passing', code: 'ratelimited', waitMs: error.retryAfter * 1000 };
  if (error instanceof WebAPIPlatformError) return ofCode(error.data.error);
  if (error instanceof WebAPIHTTPError) return ofStatus(error.statusCode);
  if (error instanceof WebAPIRequestError) return { kind: 'unanswered', code: 'no_answer' };
  return null;
}

/** What to tell an operator of a failure: Slack's code, and what a person has to do about it where that is known. */
export function explainFailure(error: unknown): object {
  const refusal = classifyRefusal(error);
  const mend = refusal ? mends.get(refusal.code) : undefined;
  return { error: String(error), ...(refusal && { refusal: refusal.code }), ...(mend && { mend }) };
}

function ofCode(code: string): Refusal {
  if (code === 'message_not_found') return { kind: 'gone', code };
  if (noThread.has(code)) return { kind: 'no-thread', code };
  if (passing.has(code)) return { kind: 'passing', code };
  return { kind: mends.has(code) ? 'shut-out' : 'refused', code };
}

/** Between us and Slack stand proxies, too: what they refuse says nothing of the content, but for its size. */
function ofStatus(status: number): Refusal {
  return { kind: status === 413 ? 'refused' : 'passing', code: `http_${status}` };
}
