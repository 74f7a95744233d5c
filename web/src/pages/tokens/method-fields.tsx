import { Checkbox } from "../../components/fields";
import { Segmented } from "../../components/segmented";
import { type Method, type MethodChoice, TOKEN_METHODS } from "../../logic/tokens/tokens";

const CHOICES = [
  ["all", "All"],
  ["read", "Read only"],
  ["some", "Custom"],
] as const;

/** Choose the HTTP methods that a token may use. */
export function MethodFields({
  choice,
  onChoice,
  some,
  onSome,
  error,
}: {
  choice: MethodChoice;
  onChoice: (choice: MethodChoice) => void;
  some: readonly Method[];
  onSome: (methods: readonly Method[]) => void;
  error: string | undefined;
}) {
  return (
    <div class="field">
      <span class="legend">Methods</span>
      <div>
        <Segmented label="Methods" value={choice} options={CHOICES} onValue={onChoice} />
      </div>
      {choice === "read" && <p class="hint">GET and HEAD, which by convention change nothing.</p>}
      {choice === "some" && (
        <div class="method-boxes">
          {TOKEN_METHODS.map((method) => (
            <Checkbox
              key={method}
              label={method}
              checked={some.includes(method)}
              aria-invalid={error === undefined ? undefined : true}
              onChecked={(checked) =>
                onSome(checked ? [...some, method] : some.filter((other) => other !== method))
              }
            />
          ))}
        </div>
      )}
      {error && <p class="field-error">{error}</p>}
    </div>
  );
}
