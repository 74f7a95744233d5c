import { useState } from "preact/hooks";
import { type ApiError, asApiError } from "../api/problem";
import { withRetryAfter } from "../logic/format/retry-after";

export interface FormState<Fields extends string> {
  /** Its work is under way. */
  readonly busy: boolean;
  /** What is wrong with a field. */
  readonly at: (field: Fields) => string | undefined;
  /** What is wrong with none of the fields in particular. */
  readonly wrong: string | undefined;
  /** The API's last error. */
  readonly error: ApiError | undefined;
  /** For `onSubmit`: runs the work once at a time and keeps what it rejects with. */
  readonly submit: (event: Event) => void;
}

/**
 * A form whose errors the API tells: a problem that names one of `fields` is shown there, any other
 * above the buttons. `check` may find something before the API is asked.
 */
export function useForm<Fields extends string>(
  fields: readonly Fields[],
  work: () => Promise<unknown>,
  check: () => Partial<Record<Fields, string>> = () => ({}),
): FormState<Fields> {
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Partial<Record<Fields, string>>>({});
  const [error, setError] = useState<ApiError>();
  const field = fields.find((name) => error?.field !== undefined && isWithin(error.field, name));

  async function run(form: HTMLFormElement | null) {
    const missing = check();
    setFound(missing);
    setError(undefined);
    if (Object.keys(missing).length === 0) {
      setBusy(true);
      try {
        await work();
      } catch (thrown) {
        setError(asApiError(thrown));
      }
      setBusy(false);
    }
    // After the errors are drawn, the first field that has one is where to go on.
    requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid]")?.focus());
  }

  return {
    busy,
    at: (name) => found[name] ?? (name === field ? error?.message : undefined),
    wrong: error !== undefined && field === undefined ? errorText(error) : undefined,
    error,
    submit: (event) => {
      event.preventDefault();
      if (!busy) {
        void run(event.currentTarget instanceof HTMLFormElement ? event.currentTarget : null);
      }
    },
  };
}

/** Whether what is wrong is a member, or a part of it such as `auth.name` or `apis[2]`. */
function isWithin(wrong: string, member: string): boolean {
  return wrong === member || wrong.startsWith(`${member}.`) || wrong.startsWith(`${member}[`);
}

function errorText(error: ApiError): string {
  if (error.unreachable) {
    return "The API does not answer. Nothing was changed that is known; try again.";
  }
  return withRetryAfter(error.message, error.retryAfter);
}
