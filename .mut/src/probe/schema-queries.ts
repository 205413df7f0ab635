// What a schema fingerprint is made of. Each query gives `object` and `line` for the schemas in $1, and reads the catalog alone.

const relation = `n.nspname || '.' || c.relname`;
const relations = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`;

export const catalogQueries: readonly string[] = [
  // Tables, views, sequences.
  `select ${relation} as object,
          case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
            when 'm' then 'materialized view' when 'f' then 'foreign table' else 'sequence' end
          || case when c.relrowsecurity then ', row security' else '' end
          || case when c.relkind in ('v', 'm') then ' ' || pg_catalog.pg_get_viewdef(c.oid) else '' end as line
     from ${relations}
    where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')`,
  // Columns, in their order among those that are there.
  `select ${relation} as object,
          'column ' || row_number() over (partition by c.oid order by a.attnum) || ' ' || a.attname || ' '
          || pg_catalog.format_type(a.atttypid, a.atttypmod)
          || case when a.attnotnull then ' not null' else '' end
          || case a.attidentity when '' then '' else ' identity ' || a.attidentity::text end
          || case a.attgenerated when '' then '' else ' generated' end
          || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') as line
     from pg_catalog.pg_attribute a
     join pg_catalog.pg_class c on c.oid = a.attrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped`,
  `select ${relation} as object,
          'constraint ' || k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid)
          || case when k.convalidated then '' else ' not validated' end as line
     from pg_catalog.pg_constraint k join ${relations} on c.oid = k.conrelid
    where n.nspname = any($1)`,
  `select ${relation} as object,
          'index ' || pg_catalog.pg_get_indexdef(i.indexrelid)
          || case when i.indisvalid then '' else ' not valid' end as line
     from pg_catalog.pg_index i join ${relations} on c.oid = i.indrelid
    where n.nspname = any($1)`,
  `select ${relation} as object,
          'trigger ' || pg_catalog.pg_get_triggerdef(t.oid) || ' enabled ' || t.tgenabled::text as line
     from pg_catalog.pg_trigger t join ${relations} on c.oid = t.tgrelid
    where n.nspname = any($1) and not t.tgisinternal`,
  `select ${relation} as object,
          'policy ' || p.polname || ' for ' || p.polcmd::text
          || case when p.polpermissive then '' else ' restrictive' end
          || coalesce(' using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), '')
          || coalesce(' check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '') as line
     from pg_catalog.pg_policy p join ${relations} on c.oid = p.polrelid
    where n.nspname = any($1)`,
  // Types that people make: enums with their labels in order, domains with what they demand.
  `select n.nspname || '.' || t.typname as object,
          'enum ' || string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' order by e.enumsortorder) as line
     from pg_catalog.pg_type t
     join pg_catalog.pg_namespace n on n.oid = t.typnamespace
     join pg_catalog.pg_enum e on e.enumtypid = t.oid
    where n.nspname = any($1)
    group by n.nspname, t.typname`,
  `select n.nspname || '.' || t.typname as object,
          'domain ' || pg_catalog.format_type(t.typbasetype, t.typtypmod)
          || case when t.typnotnull then ' not null' else '' end
          || coalesce(' default ' || t.typdefault, '')
          || coalesce((select string_agg(' ' || pg_catalog.pg_get_constraintdef(k.oid), '' order by k.conname)
                         from pg_catalog.pg_constraint k where k.contypid = t.oid), '') as line
     from pg_catalog.pg_type t
     join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where n.nspname = any($1) and t.typtype = 'd'`,
  `select n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
          pg_catalog.pg_get_functiondef(p.oid) as line
     from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any($1) and p.prokind in ('f', 'p')`,
];
