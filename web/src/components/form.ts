import { useState } from "preact/hooks";
import { type ApiError, asApiError } from "../api/problem";
import { withRetryAfter } from "../logic/format/retry-after";

export interface FormState<Fields extends string> {
  /** The form is being submitted. */
  readonly busy: boolean;
  /** The error of a field. */
  readonly at: (field: Fields) => string | undefined;
  /** The error that belongs to no field. */
  readonly wrong: string | undefined;
  /** The API's last error. */
  readonly error: ApiError | undefined;
  /** Submit handler: runs one submission at a time and keeps its error. */
  readonly submit: (event: Event) => void;
}

/**
 * Submit a form and show the API's errors. A problem that names one of `fields` is shown at that
 * field, any other above the buttons. `check` can report errors before the API is called.
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
    // After the errors are rendered, focus the first invalid field.
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

/** Whether the invalid member is `member` or part of it, such as `auth.name` or `apis[2]`. */
function isWithin(wrong: string, member: string): boolean {
  return wrong === member || wrong.startsWith(`${member}.`) || wrong.startsWith(`${member}[`);
}

function errorText(error: ApiError): string {
  if (error.unreachable) {
    return "The API does not respond. Your change may not have been saved. Try again.";
  }
  return withRetryAfter(error.message, error.retryAfter);
}
