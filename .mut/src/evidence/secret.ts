import { inspect } from 'node:util';

const SHOWN = '[redacted]';

/**
 * A value that must not be seen. It prints as `[redacted]` wherever JavaScript turns values into text:
 * template literals, `String()`, JSON, `util.inspect`, loggers. Only `reveal()` gives the value; call it at
 * the point of use.
 */
export class Secret {
  readonly #value: string;
  /** What it is, for `[redacted:<kind>]`: lower-case letters, digits and dashes, never part of the value. */
  readonly kind: string;

  constructor(value: string, kind = 'secret') {
    if (!/^[a-z0-9-]{1,40}$/.test(kind)) {
      // The kind itself is not shown: with the arguments swapped it would be the secret.
      throw new TypeError(
        'expected the kind of a secret as 1–40 of a-z, 0-9 and dash; is it the second argument?',
      );
    }
    this.#value = value;
    this.kind = kind;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
