import { z } from 'zod';

/** JSON that went through Slack as text; to be piped into the schema of what it should hold. */
export const parsedJson = z.string().transform((text, issue) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    issue.addIssue({ code: 'custom', message: 'expected JSON' });
    return z.NEVER;
  }
});
