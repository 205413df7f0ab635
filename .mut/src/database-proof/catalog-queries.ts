// What the catalog is asked about the things that a proof names. Names without a schema stand for all that bear them: types and
// search paths of functions are not resolved, so this finds at least what PostgreSQL will use. Run with an empty search_path,
// so that the texts which the server prints give every schema.

const listed = (parameter: number, schema: string, name: string) =>
  `exists (select from unnest($${parameter}::text[], $${parameter + 1}::text[]) as q(s, n)
            where q.n = ${name} and (q.s is null or q.s = ${schema}))`;

/** $1 oids; $2, $3 schemas and names; $4 names that may be calls in the form `row.name`. */
export const functionsQuery = `
  with available as materialized (
    -- Reads every control file of the server: once, and only when an extension is met.
    select name, version from pg_catalog.pg_available_extension_versions where trusted)
  select p.oid::text as oid, n.nspname as schema, p.proname as name, l.lanname as language, l.lanpltrusted as trusted,
         p.prokind::text as kind, p.provolatile = 'v' as volatile, p.prosecdef as definer,
         p.prorettype in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype) as trigger,
         p.prosrc as source, p.prosqlbody is not null as atomic,
         pg_catalog.pg_get_expr(p.proargdefaults, 0) as defaults, coalesce(p.proconfig, '{}') as settings,
         case when p.prokind in ('f', 'p', 'w') and l.lanname in ('sql', 'plpgsql')
              then pg_catalog.pg_get_functiondef(p.oid) else '' end as definition,
         e.extname as extension,
         case when e.oid is null then false
              else exists (select from available where name = e.extname and version = e.extversion)
         end as "extensionTrusted",
         coalesce((select array_agg(part::text) from pg_catalog.pg_aggregate a,
                    unnest(array[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                                 a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) as part
                    where a.aggfnoid = p.oid and part <> 0), '{}') as parts
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
    left join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
   where p.oid = any($1::oid[])
      or (p.proname = any($3::text[]) and ${listed(2, 'n.nspname', 'p.proname')})
      or (p.proname = any($4::text[]) and p.pronargs = 1 and n.nspname <> 'pg_catalog'
          and (select t.typtype from pg_catalog.pg_type t where t.oid = p.proargtypes[0]) in ('c', 'p'))`;

/** $1, $2 schemas and names of operators: the functions behind those that PostgreSQL does not bring itself. */
export const operatorsQuery = `
  select o.oprcode::oid::text as oid
    from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
   where n.nspname <> 'pg_catalog' and o.oprcode <> 0 and ${listed(1, 'n.nspname', 'o.oprname')}`;

/** $1, $2 schemas and names: those relations, their partitions and heirs, and what their foreign keys cascade to. */
export const relationsQuery = `
  with recursive reached(oid) as (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
       and c.relname = any($2::text[]) and ${listed(1, 'n.nspname', 'c.relname')}
    union
    select next.oid from reached, lateral (
      select i.inhrelid as oid from pg_catalog.pg_inherits i where i.inhparent = reached.oid
      union all
      select k.conrelid from pg_catalog.pg_constraint k
       where k.contype = 'f' and k.confrelid = reached.oid
         and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))) as next)
  select c.oid::text as oid, n.nspname || '.' || c.relname as name, c.relkind = 'f' as foreign
    from reached join pg_catalog.pg_class c on c.oid = reached.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace`;

/** $1 oids of relations: everything that is evaluated with them, as SQL. */
export const textsQuery = `
  select 'the definition of ' || c.oid::regclass as what, pg_catalog.pg_get_viewdef(c.oid) as sql
    from pg_catalog.pg_class c where c.oid = any($1::oid[]) and c.relkind in ('v', 'm')
  union all
  select 'a rule of ' || r.ev_class::regclass, pg_catalog.pg_get_ruledef(r.oid)
    from pg_catalog.pg_rewrite r where r.ev_class = any($1::oid[]) and r.rulename <> '_RETURN'
  union all
  select 'a default of ' || d.adrelid::regclass, 'select ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attrdef d where d.adrelid = any($1::oid[])
  union all
  select 'a constraint of ' || k.conrelid::regclass, 'select ' || pg_catalog.pg_get_expr(k.conbin, k.conrelid)
    from pg_catalog.pg_constraint k where k.conrelid = any($1::oid[]) and k.conbin is not null
  union all
  select 'an index of ' || i.indrelid::regclass, 'select ' || text
    from pg_catalog.pg_index i, unnest(array[pg_catalog.pg_get_expr(i.indexprs, i.indrelid),
                                             pg_catalog.pg_get_expr(i.indpred, i.indrelid)]) as text
   where i.indrelid = any($1::oid[]) and text is not null
  union all
  select 'a policy of ' || p.polrelid::regclass, 'select ' || text
    from pg_catalog.pg_policy p, unnest(array[pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                                              pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)]) as text
   where p.polrelid = any($1::oid[]) and text is not null
  union all
  select 'a trigger of ' || t.tgrelid::regclass, pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t where t.tgrelid = any($1::oid[]) and not t.tgisinternal and t.tgqual is not null`;

/** $1 oids of relations. */
export const triggersQuery = `
  select t.tgrelid::regclass::text as table, t.tgname as name, t.tgfoid::regproc::text as function, t.tgfoid::oid::text as oid
    from pg_catalog.pg_trigger t
   where t.tgrelid = any($1::oid[]) and not t.tgisinternal and t.tgenabled <> 'D'
   order by 1, 2`;

/** Casts and domains apply without being named: those of the whole database. */
export const castsQuery = `
  select c.castfunc::oid::text as oid from pg_catalog.pg_cast c
    join pg_catalog.pg_proc p on p.oid = c.castfunc
   where p.pronamespace <> 'pg_catalog'::regnamespace`;
export const domainsQuery = `
  select 'the domain ' || k.contypid::regtype as what, 'select ' || pg_catalog.pg_get_expr(k.conbin, 0) as sql
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_namespace n on n.oid = k.connamespace
   where k.contypid <> 0 and k.conbin is not null and n.nspname not in ('pg_catalog', 'information_schema')`;
