// What each TypeScript file of the tree imports, and which ambient things it touches, read from its syntax tree.
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

export interface Import {
  /** Path of the importing file from the project's root, such as `jobs/stage.ts`. */
  readonly from: string;
  /** Path from the project's root for a relative import; else `node:fs/promises` or the package's name. */
  readonly to: string;
  /** Names as the imported module exports them; `*` for all of it, also by `import()`. */
  readonly names: readonly string[];
  /** Gone when the types are stripped. `import { type A }` is not: Node still loads the module. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

export interface Module {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Ambient things that it reaches: `process.env`, `fetch`, `Date.now` … */
  readonly ambient: ReadonlySet<string>;
}

/** Every .ts file below these directories of the project, but for the reference payload, which is another project. */
export function readModules(root: string, directories: readonly string[]): Module[] {
  return directories
    .flatMap((directory) => globSync(`${directory}/**/*.ts`, { cwd: root }))
    .filter((path) => !path.startsWith('examples/iu-cutter/'))
    .sort()
    .map((path) => parseModule(path, readFileSync(join(root, path), 'utf8')));
}

/** Throws a SyntaxError when the text is not TypeScript, and a RangeError when it imports what only a run could tell. */
export function parseModule(path: string, text: string): Module {
  const imports: Import[] = [];
  const ambient = new Set<string>();
  const add = (source: unknown, found: Pick<Import, 'names' | 'typeOnly'>, dynamic = false) =>
    imports.push({ from: path, to: resolveSpecifier(path, source), ...found, dynamic });
  walk(parseAst(text, { lang: 'ts' }), (node) => {
    switch (node['type']) {
      case 'ImportDeclaration':
        add(node['source'], {
          names: nodes(node['specifiers']).map(importedName),
          typeOnly: node['importKind'] === 'type',
        });
        break;
      case 'ExportNamedDeclaration':
        if (!node['source']) break;
        add(node['source'], {
          names: nodes(node['specifiers']).map((specifier) => nameOf(specifier['local'])),
          typeOnly: node['exportKind'] === 'type',
        });
        break;
      case 'ExportAllDeclaration':
        add(node['source'], { names: ['*'], typeOnly: node['exportKind'] === 'type' });
        break;
      case 'ImportExpression':
        add(node['source'], { names: ['*'], typeOnly: false }, true);
        break;
      case 'TSImportType':
        add(node['source'], { names: ['*'], typeOnly: true });
        break;
      default:
        for (const name of ambientNames(node)) ambient.add(name);
    }
  });
  if (imports.some(({ to, names }) => to === 'node:process' && names.some((name) => name !== 'exit'))) {
    ambient.add('process.env');
  }
  return { path, lines: text.trimEnd().split('\n').length, imports, ambient };
}

type Node = { readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const child of Object.values(value)) walk(child, visit);
  }
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  return String(node['name'] ?? node['value'] ?? '');
}

function importedName(specifier: Node): string {
  if (specifier['type'] === 'ImportNamespaceSpecifier') return '*';
  return specifier['type'] === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier['imported']);
}

function resolveSpecifier(from: string, source: unknown): string {
  const specifier = isNode(source) && source['type'] === 'Literal' ? source['value'] : undefined;
  if (typeof specifier !== 'string') {
    throw new RangeError(`${from}: expected import() of a literal path, got an expression; name the file`);
  }
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith('node:')) return specifier;
  if (builtinModules.includes(specifier)) return `node:${specifier}`;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const ambientFunctions = new Set([
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'require',
]);
const ambientObjects = new Set(['process', 'console', 'performance']);

function ambientNames(node: Node): string[] {
  switch (node['type']) {
    case 'MemberExpression': {
      const object = isNode(node['object']) ? node['object'] : {};
      const owner = object['type'] === 'MemberExpression' ? nameOf(object['property']) : nameOf(object);
      const name = `${owner}.${nameOf(node['property'])}`;
      return ambientObjects.has(owner) || ['Date.now', 'Math.random', 'crypto.randomUUID'].includes(name)
        ? [name]
        : [];
    }
    case 'NewExpression':
      return nameOf(node['callee']) === 'Date' && nodes(node['arguments']).length === 0 ? ['new Date()'] : [];
    case 'CallExpression': {
      const name = nameOf(node['callee']);
      return ambientFunctions.has(name) ? [name] : [];
    }
    case 'VariableDeclarator':
      // `const { env } = process` is a reading too.
      return ambientObjects.has(nameOf(node['init'])) ? [`${nameOf(node['init'])}.env`] : [];
    default:
      return [];
  }
}
