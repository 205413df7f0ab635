import type { UnitKind } from './information-unit.ts';

interface OpenSection {
  readonly level: number;
  readonly number: string;
  readonly title: string;
  children: number;
  readonly units: Map<string, number>;
}

const LETTERS: Readonly<Record<Exclude<UnitKind, 'section'>, string>> = {
  paragraph: 'p',
  item: 'i',
  code: 'c',
  quote: 'q',
  table: 't',
};

/** Gives out addresses while a document is read from top to bottom. */
export class SectionCounter {
  readonly #root: OpenSection = { level: 0, number: '', title: '', children: 0, units: new Map() };
  readonly #open: OpenSection[] = [];

  /** The heading of the section that is open now. */
  get title(): string {
    return this.#current.title;
  }

  /** Opens the section of a heading; sections of its level or deeper end here. */
  enterSection(level: number, title: string): string {
    while ((this.#open.at(-1)?.level ?? 0) >= level) this.#open.pop();
    const parent = this.#current;
    parent.children += 1;
    const number = parent.number === '' ? `${parent.children}` : `${parent.number}.${parent.children}`;
    this.#open.push({ level, number, title, children: 0, units: new Map() });
    return `s${number}`;
  }

  /** The address of the next block of this kind in the open section. */
  nextUnit(kind: Exclude<UnitKind, 'section'>): string {
    const section = this.#current;
    const letter = LETTERS[kind];
    const count = (section.units.get(letter) ?? 0) + 1;
    section.units.set(letter, count);
    return `s${section.number || '0'}/${letter}${count}`;
  }

  get #current(): OpenSection {
    return this.#open.at(-1) ?? this.#root;
  }
}
