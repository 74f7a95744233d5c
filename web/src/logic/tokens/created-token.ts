/** A token as long as it is shown, which is once; `copied` when there is no harm in losing it. */
export interface HeldToken<T> {
  readonly created: T;
  readonly copied: boolean;
}

/**
 * Holds a token that was made until it is dismissed, whatever page is looked at meanwhile. In
 * memory alone: never in storage, an address or a cache.
 */
export class CreatedTokenStore<T> {
  #current: HeldToken<T> | undefined;
  readonly #listeners = new Set<() => void>();

  get current(): HeldToken<T> | undefined {
    return this.#current;
  }

  /** Calls `listener` after each change; the result ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(created: T): void {
    this.#change({ created, copied: false });
  }

  /** It was copied. */
  markCopied(): void {
    if (this.#current?.copied === false) {
      this.#change({ ...this.#current, copied: true });
    }
  }

  /** Forgets it. */
  dismiss(): void {
    if (this.#current !== undefined) {
      this.#change(undefined);
    }
  }

  #change(made: HeldToken<T> | undefined): void {
    this.#current = made;
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }
}
