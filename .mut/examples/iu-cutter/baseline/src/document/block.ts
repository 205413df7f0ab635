/** What a reader of a document finds in it, in the order of the text. */
export type BlockKind = 'heading' | 'paragraph' | 'item' | 'code' | 'quote' | 'table';

export interface Block {
  readonly kind: BlockKind;
  /** 1–6 for a heading, 0 for everything else. */
  readonly level: number;
  readonly text: string;
  /** First and last line in the normalised text, counted from 1. */
  readonly lines: readonly [number, number];
}
