import { Refusal } from '../phases/refusal.ts';

const PARAMETERS: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
};

/**
 * The environment in which PostgreSQL's own programs reach the database of a DSN, and no other: what this process has of their variables
 * is left out. The environment and not the command line, which everybody on the machine can read.
 *
 * @param dsn `postgresql://user:password@host:port/database?sslmode=…`
 * @throws Refusal `bad-dsn`, without the DSN in its message
 */
export function libpqEnvironment(
  dsn: string,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !name.startsWith('PG')) environment[name] = value;
  }
  for (const [parameter, value] of parametersOf(dsn)) {
    const name = Object.hasOwn(PARAMETERS, parameter) ? PARAMETERS[parameter] : undefined;
    if (name === undefined) throw badDsn(`the parameter ${parameter}`);
    if (value !== '') environment[name] = value;
  }
  return environment;
}

function parametersOf(dsn: string): [string, string][] {
  if (!/^postgres(ql)?:\/\//.test(dsn) || !URL.canParse(dsn)) throw badDsn('another text');
  const url = new URL(dsn);
  const place: [string, string][] = [
    ['host', url.hostname.replace(/^\[|\]$/g, '')],
    ['port', url.port],
    ['user', url.username],
    ['password', url.password],
    ['dbname', url.pathname.slice(1)],
  ];
  return [
    ...place.map(([name, value]): [string, string] => [name, decodeURIComponent(value)]),
    ...url.searchParams,
  ];
}

function badDsn(got: string): Refusal {
  return new Refusal('bad-dsn', `expected a DSN as postgresql://user@host/database, got ${got}.`);
}
