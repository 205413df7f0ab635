// Pages that are written from the code cannot lie about it: `npm run docs` leaves them as they are.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf, type JsonSchema } from '../../scripts/docs/json-schema.ts';
import { pages } from '../../scripts/docs/pages.ts';
import { criteria } from '../../src/plan/criteria.ts';
import { planJsonSchema } from '../../src/plan/json-schema.ts';
import { gateKinds } from '../../src/plan/schema-gates.ts';

const page = (file: string) => readFileSync(file, 'utf8');

describe('a page that is written from the code', () => {
  it.each(pages.map(({ file }) => file))('%s is what `npm run docs` writes', (file) => {
    const now = page(file);
    expect(pages.find((each) => each.file === file)?.render(now)).toBe(now);
  });

  it('docs/gates.md has a section for each kind, with every criterion of it', () => {
    const sections = new Map(
      page('docs/gates.md')
        .split(/^## /m)
        .slice(1)
        .map((text) => [text.split('\n')[0] ?? '', text] as const),
    );
    expect([...sections.keys()]).toEqual([...gateKinds]);
    for (const kind of gateKinds)
      for (const { id } of criteria[kind])
        expect(sections.get(kind), `${kind}/${id}`).toContain(`| \`${id}\` |`);
  });

  it('docs/plans.md has every field of the schema', () => {
    const text = page('docs/plans.md');
    const paths = [...everyField(planJsonSchema() as JsonSchema)].map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(150);
    for (const path of paths) expect(text).toContain(lastNameOf(path));
  });

  it('links to headings that are there', () => {
    const anchors = (file: string) =>
      [...page(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
    for (const file of ['docs/plans.md', 'docs/gates.md'])
      for (const [link, target = '', anchor = ''] of page(file).matchAll(
        /\]\(([a-z-]*(?:\.md)?)#([a-z-]+)\)/g,
      ))
        expect(anchors(target === '' ? file : `docs/${target}`), `${file}: ${link}`).toContain(anchor);
  });
});

describe('the schema of plans', () => {
  it('says of every field what it means', () => {
    const silent = everyField(planJsonSchema() as JsonSchema).filter(({ meaning }) => meaning === '');
    expect(silent.map(({ path }) => path).filter((path) => !/(^|[.\]|])kind$/.test(path))).toEqual([]);
  });
});

/** Also those of every form of a union. */
function everyField(schema: JsonSchema): { path: string; meaning: string }[] {
  return [...fieldsOf(schema, []), ...formsWithin(schema).flatMap((form) => everyField(form))];
}

function formsWithin(schema: JsonSchema): JsonSchema[] {
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ];
  return children.flatMap((child) => [...(child.oneOf ?? child.anyOf ?? []), ...formsWithin(child)]);
}

function lastNameOf(path: string): string {
  return (
    path
      .split(/[.[\]]+/)
      .filter(Boolean)
      .at(-1) ?? path
  );
}

describe('what the pages say of names beside a live path', () => {
  const all = [...readdirSync('docs').map((name) => `docs/${name}`), 'README.md'].filter((file) =>
    file.endsWith('.md'),
  );
  const about = (text: string) => text.split(/\n\n|\n(?=\|)/).filter((part) => /\.staged-</.test(part));

  it('never calls a staged tree safe to remove by its name: it may be the only copy of what was live', () => {
    const parts = all.flatMap((file) => about(page(file)).map((part) => ({ file, part })));
    expect(parts.length).toBeGreaterThan(2);
    for (const { file, part } of parts) {
      expect(part, file).not.toMatch(/safe|\brm\b/);
      expect(part, file).toMatch(/interlock tidy|only copy/);
    }
  });
});
