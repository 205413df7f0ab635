// docs/gates.md, from the table of criteria and from what is true of each kind.

import { criteria } from '../../src/plan/criteria.ts';
import {
  mustComeAfter,
  mustComeAfterOnTheWayBack,
  ofArtifact,
  onTarget,
} from '../../src/plan/gate-traits.ts';
import { kindWords } from '../../src/plan/kinds.ts';
import { type GateKind, gateKinds, gateSchema } from '../../src/plan/schema-gates.ts';
import { neededSections } from '../../src/plan/sections.ts';
import { factsSchemas } from '../../src/run/facts.ts';
import { fieldsOf, type JsonSchema, jsonSchemaOf } from './json-schema.ts';

export function gateReference(): string {
  return `${[introduction, ...gateKinds.map(section)].join('\n\n')}\n`;
}

const introduction = `# Gates

<!-- Written by \`npm run docs\` from src/plan/criteria.ts, src/plan/kinds.ts and src/run/facts.ts. Edit those; a test fails while this page is another. -->

A gate decides criteria. The gravest of them is its status: \`fail\` (the evidence contradicts it), \`inconclusive\` (it could not be measured), \`blocked\` (a
precondition does not hold, nothing was tried), \`partial\` (it fails, as a known gap of the plan says), else \`pass\`. A gate that decided nothing is \`inconclusive\`.

Criteria are named \`NAME/ID\`, where NAME is the gate’s \`name\`, or its kind where it has none; plans tie their pass criteria and forbidden actions to these
names, and \`interlock plan check\` refuses one that does not exist. \`<host>\`, \`<target>\`, \`<suite>\`, \`<table>\`, \`<gap>\`, \`<plan>\` and \`<n>\` stand for each that there is; \`<probe>\` for the id of
each probe, with "-" in place of "."; so do those of gaps and plans, also in place of "_".

A kind may come more than once in a plan, each time with a \`name\` of its own. What a kind needs before it, it needs on the same target and artifact. The parameters that all kinds have,
and the tables of those that some kinds have, are in [plans.md](plans.md#gates).

| kind | changes something | |
|---|---|---|
${gateKinds.map((kind) => `| [${kind}](#${kind}) | ${kindWords[kind].changes ? 'yes' : 'no'} | ${firstSentence(kindWords[kind].decides)} |`).join('\n')}`;

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0] ?? text;
}

function section(kind: GateKind): string {
  const { decides, runs, changes, more } = kindWords[kind];
  return [
    `## ${kind}`,
    more === undefined ? decides : `${decides} ${more}`,
    [
      `- Runs ${runs}.`,
      `- ${changes === undefined ? 'Changes nothing.' : `**Changes something**: ${changes}.`}`,
      `- Needs ${needs(kind)}.`,
      `- Parameters: ${parameters(kind)}.`,
      `- For later gates, and for the report: ${facts(kind)}.`,
    ].join('\n'),
    criteriaTable(kind),
  ].join('\n\n');
}

function needs(kind: GateKind): string {
  const sections = neededSections[kind].map((each) => `\`${each}\``);
  const before = mustComeAfter[kind]?.map((each) => `[${each}](#${each})`) ?? [];
  const back = mustComeAfterOnTheWayBack[kind]?.map((each) => `[${each}](#${each})`) ?? [];
  const other =
    back.join() === before.join() ? '' : `; with \`operation: rollback\` ${back.join(' and ')} before it`;
  const all = [
    ...(sections.length > 0 ? [`the section${sections.length > 1 ? 's' : ''} ${sections.join(', ')}`] : []),
    ...(before.length > 0 ? [`${before.join(' and ')} before it`] : []),
  ].join(', and ');
  return `${all || (other === '' ? 'nothing' : 'nothing in a deploy')}${other}`;
}

function parameters(kind: GateKind): string {
  const own = (jsonSchemaOf(gateSchema).oneOf ?? []).find(
    ({ properties }) => properties?.['kind']?.const === kind,
  )?.properties?.['with'];
  const fields = own ? fieldsOf(own as JsonSchema, []).filter(({ path }) => !/[.[]/.test(path)) : [];
  const selectors = [
    ...(onTarget.has(kind) ? ['`target` (one of `targets`)'] : []),
    ...(ofArtifact.has(kind) ? ['`artifact` (one of `artifacts`)'] : []),
  ];
  const link =
    fields.length > 0
      ? [
          `${fields.map(({ path }) => `\`${path}\``).join(', ')} in [\`with\`](plans.md#parameters-of-${kind})`,
        ]
      : [];
  return [...selectors, ...link].join(', ') || 'none of its own';
}

function facts(kind: GateKind): string {
  return Object.keys(factsSchemas[kind].shape)
    .map((name) => `\`${name}\``)
    .join(', ');
}

function criteriaTable(kind: GateKind): string {
  return [
    '| criterion | passes when | decided |',
    '|---|---|---|',
    ...criteria[kind].map(
      ({ id, holds, only }) => `| \`${id}\` | ${holds} | ${only ? `when ${only.when}` : ''} |`,
    ),
  ].join('\n');
}
