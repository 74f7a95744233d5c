import { ApiError, errorFromResponse } from "./problem";

/** A request of the API to confirm that it is the user, until the user has done so. */
interface Asked {
  readonly done: Promise<void>;
  readonly settle: (error?: ApiError) => void;
}

/**
 * Confirmations that it is the user (step-up), which the API demands before some changes. All
 * requests that need one at the same time share it. A dialog shows what is `open` and settles it.
 */
export class StepUp {
  #asked: Asked | undefined;
  readonly #listeners = new Set<() => void>();

  /** Whether the user is being asked. */
  get open(): boolean {
    return this.#asked !== undefined;
  }

  /** Call `listener` after each change of `open`, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ask the user. Rejects with ApiError `step_up_cancelled` if the user cancels. */
  ask(): Promise<void> {
    if (this.#asked === undefined) {
      let settle: Asked["settle"] = () => {};
      const done = new Promise<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
      });
      this.#asked = { done, settle };
      this.#tell();
    }
    return this.#asked.done;
  }

  /** The user has confirmed: the requests that wait are repeated. */
  confirm(): void {
    this.#settle();
  }

  /** The requests that wait fail, by default because the user cancelled. */
  cancel(error = cancelled()): void {
    this.#settle(error);
  }

  /** Do something that may need a confirmation, and once more after it. Rejects with ApiError. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== STEP_UP_REQUIRED) {
        throw error;
      }
    }
    await this.ask();
    return work();
  }

  #settle(error?: ApiError): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.settle(error);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

const STEP_UP_REQUIRED = "step_up_required";

function cancelled(): ApiError {
  return new ApiError("Nothing was changed, because you did not confirm that it is you.", {
    status: 0,
    code: "step_up_cancelled",
  });
}

/**
 * Send a request. If the API demands a confirmation, let the user confirm and send it once more. If
 * the user must first set up a second factor, call `onSetUp`.
 */
export async function sendConfirmed(
  request: Request,
  send: (request: Request) => Promise<Response>,
  stepUp: StepUp,
  onSetUp: () => void,
): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 403) {
    return response;
  }
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const { code } = errorFromResponse(response, body);
  if (code === "second_factor_setup_required") {
    onSetUp();
  }
  if (code !== STEP_UP_REQUIRED) {
    return response;
  }
  await stepUp.ask();
  return send(again);
}
