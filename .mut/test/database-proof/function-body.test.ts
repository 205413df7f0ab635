import { beforeAll, describe, expect, it } from 'vitest';
import { readBody } from '../../src/database-proof/function-body.ts';
import { loadParser } from '../../src/database-proof/parse-sql.ts';

beforeAll(() => loadParser());

const plpgsql = (body: string, returns = 'int') =>
  readBody({
    language: 'plpgsql',
    source: body,
    atomic: false,
    defaults: null,
    definition: `CREATE FUNCTION public.f() RETURNS ${returns} LANGUAGE plpgsql AS $function$ ${body} $function$`,
  });
const calls = (body: ReturnType<typeof readBody>) => body?.references.functions.map(({ name }) => name);

describe('a call in a PL/pgSQL body is seen', () => {
  it.each([
    'declare x int := mark(); begin return 1; end',
    'declare c cursor for select mark(); begin return 1; end',
    'declare c cursor (a int) for select a; begin open c(mark()); return 1; end',
    'declare c cursor (a int) for select a; begin for r in c(mark()) loop null; end loop; return 1; end',
    'declare c refcursor; begin open c for select mark(); return 1; end',
    "begin raise notice '%', mark(); return 1; end",
    'begin raise exception using message = mark(); return 1; end',
    'begin assert mark(); return 1; end',
    'begin assert true, mark(); return 1; end',
    'declare x int; begin foreach x in array mark() loop null; end loop; return 1; end',
    'begin for i in mark()..2 loop null; end loop; return 1; end',
    'begin for i in reverse 1..2 by mark() loop null; end loop; return 1; end',
    'declare r record; begin for r in select mark() loop null; end loop; return 1; end',
    'begin while mark() loop null; end loop; return 1; end',
    'begin loop exit when mark(); end loop; return 1; end',
    'begin loop continue when mark(); end loop; return 1; end',
    'begin if true then null; elsif mark() then null; end if; return 1; end',
    'begin if true then null; else perform mark(); end if; return 1; end',
    'begin case 1 when mark() then null; end case; return 1; end',
    'begin case when true then null; else perform mark(); end case; return 1; end',
    'begin perform 1; exception when others then perform mark(); return 1; end',
    'declare x int[]; begin x[mark()] := 1; return 1; end',
    'declare x int; begin x = mark(); return 1; end',
    'declare x int; begin select 1 into strict x from t where mark(); return 1; end',
    'begin begin perform mark(); end; return 1; end',
    'begin return (select mark()); end',
  ])('%s', (body) => {
    expect(calls(plpgsql(body))).toContain('mark');
  });

  it.each(['begin return next mark(); return; end', 'begin return query select mark(); end'])(
    '%s',
    (body) => {
      expect(calls(plpgsql(body, 'setof int'))).toContain('mark');
    },
  );

  it('in a trigger that changes its row', () => {
    expect(calls(plpgsql('begin new.a := mark(); return new; end', 'trigger'))).toEqual(['mark']);
  });
});

describe('a PL/pgSQL body is refused', () => {
  it.each([
    ['begin execute a; return 1; end', 'EXECUTE'],
    ['declare r record; begin for r in execute a loop null; end loop; return 1; end', 'EXECUTE'],
    ['declare c refcursor; begin open c for execute a; return 1; end', 'EXECUTE'],
    ['begin commit; return 1; end', 'ends the transaction'],
    ['begin rollback; return 1; end', 'ends the transaction'],
    ['begin do $x$ begin end $x$; return 1; end', 'got DO'],
    ['begin call p(); return 1; end', 'got CALL'],
    ['begin create temp table a (b int); return 1; end', 'got CREATE'],
    ["begin perform set_config('role', 'a', true); return 1; end", 'set_config'],
    ['begin set local role a; return 1; end', 'SET LOCAL is allowed for'],
  ])('%s', (body, reason) => {
    expect(plpgsql(body)?.refusals.join()).toContain(reason);
  });
});

it('what has no reader, or is beyond it, is not read', () => {
  const text = { source: 'x', definition: 'x', atomic: false, defaults: null };
  expect(readBody({ ...text, language: 'plperl' })).toBeUndefined();
  expect(readBody({ ...text, language: 'sql', source: 'selekt' })).toBeUndefined();
  expect(plpgsql('begin this is no statement; end')).toBeUndefined();
  expect(readBody({ ...text, language: 'sql', source: `select ${'1+'.repeat(50_000)}1` })).toBeUndefined();
});

it('a long body is read, and one that would overflow the parser never gets to it', () => {
  const long = `select '${'x'.repeat(50_000)}', mark()`;
  const read = (source: string) =>
    readBody({ language: 'sql', source, definition: '', atomic: false, defaults: null });
  expect(calls(read(long))).toEqual(['mark']);
  for (let at = 0; at < 50; at += 1) expect(read(`select ${'1+'.repeat(20_000)}1`)).toBeUndefined();
  expect(calls(read(long))).toEqual(['mark']);
});

it('defaults of arguments belong to it', () => {
  expect(
    calls(
      readBody({ language: 'sql', source: 'select 1', definition: '', atomic: false, defaults: '1, mark()' }),
    ),
  ).toEqual(['mark']);
});
