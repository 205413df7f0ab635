// What git is told before it looks at anything, on this machine and on hosts.

/**
 * No system's and no user's settings, no question to anybody, no transport, no fetching of what is missing, no replaced or
 * grafted objects. `GIT_NO_LAZY_FETCH` is younger than the git of some systems, so nothing rests on it alone.
 */
export const gitIsolation = {
  LC_ALL: 'C',
  TZ: 'UTC',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_GRAFT_FILE: '/nonexistent/grafts',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'false',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  GIT_EDITOR: 'false',
} as const;

/** Settings that win over those of any file; `-c` on the command line. They keep bytes as they are, and start nothing. */
export const gitSettings: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  // A base of its own would be left in the view.
  'core.splitIndex=false',
  'core.commitGraph=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.autocrlf=false',
  'core.quotePath=false',
  'core.pager=cat',
  'commit.gpgSign=false',
  'i18n.commitEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.allow=never',
  'submodule.recurse=false',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);
