export type UnitKind = 'section' | 'paragraph' | 'item' | 'code' | 'quote' | 'table';

/** The smallest part of a document that can be cited, revised and retired on its own. */
export interface InformationUnit {
  readonly id: string;
  /** Unique in the document; see docs/addresses.md. */
  readonly address: string;
  readonly kind: UnitKind;
  /** The heading of the section that holds it; empty before the first heading. */
  readonly title: string;
  readonly body: string;
  readonly digest: string;
  readonly lines: readonly [number, number];
}
