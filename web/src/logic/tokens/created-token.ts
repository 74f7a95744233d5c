/** A new token while its value can be shown; `copied` when it can be closed safely. */
export interface HeldToken<T> {
  readonly created: T;
  readonly copied: boolean;
}

/**
 * Hold a new token until it is dismissed, across pages. In memory only, never in storage, URLs or
 * caches.
 */
export class CreatedTokenStore<T> {
  #current: HeldToken<T> | undefined;
  readonly #listeners = new Set<() => void>();

  get current(): HeldToken<T> | undefined {
    return this.#current;
  }

  /** Call `listener` after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(created: T): void {
    this.#change({ created, copied: false });
  }

  /** Record that the token was copied. */
  markCopied(): void {
    if (this.#current?.copied === false) {
      this.#change({ ...this.#current, copied: true });
    }
  }

  /** Forget the token. */
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
