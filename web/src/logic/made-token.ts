/** A token as long as it is shown, which is once; `copied` when there is no harm in losing it. */
export interface MadeToken<T> {
  readonly created: T;
  readonly copied: boolean;
}

/**
 * Holds a token that was made until it is dismissed, whatever page is looked at meanwhile. In
 * memory alone: never in storage, an address or a cache.
 */
export class MadeTokenHolder<T> {
  #made: MadeToken<T> | undefined;
  readonly #listeners = new Set<() => void>();

  get made(): MadeToken<T> | undefined {
    return this.#made;
  }

  /** Calls `listener` after each change; the result ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hold(created: T): void {
    this.#become({ created, copied: false });
  }

  /** It was copied. */
  copied(): void {
    if (this.#made?.copied === false) {
      this.#become({ ...this.#made, copied: true });
    }
  }

  /** Forgets it. */
  dismiss(): void {
    if (this.#made !== undefined) {
      this.#become(undefined);
    }
  }

  #become(made: MadeToken<T> | undefined): void {
    this.#made = made;
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }
}
