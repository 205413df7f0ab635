// Rows that the login would not be shown. What is hidden can change unseen, so such a table is not read at all.
import type pg from 'pg';
import { z } from 'zod';

const hiding = z.object({ policies: z.array(z.string()), login: z.string() });

/** `name` is quoted. Throws RangeError, with the policies by name, when row security is in force on it for this login. */
export async function refuseRowSecurity(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query(
    `select current_user as login,
            array(select p.polname::text from pg_catalog.pg_policy p where p.polrelid = c.oid order by 1) as policies
       from pg_catalog.pg_class c
      where c.oid = $1::regclass and c.relkind in ('r', 'p') and pg_catalog.row_security_active(c.oid)`,
    [name],
  );
  if (rows.length === 0) return;
  const { policies, login } = hiding.parse(rows[0]);
  const by = policies.length > 0 ? `the policy ${policies.join(', ')}` : 'row security without a policy';
  throw new RangeError(
    `expected to see every row of ${name}, got row security: ${by} is in force for the login ${login} and may hide rows; read it with a login that has BYPASSRLS`,
  );
}
