const marker = "[secret]";

/**
 * A value that cannot be printed, serialised or compared by accident. Opened only with `reveal()` at the call that
 * sends or checks it (threats.md, section 3).
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return marker;
  }

  toJSON(): string {
    return marker;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return marker;
  }
}
