import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Ago } from "../../components/time";
import type { Passkey } from "../../data/second-factor";

/** A passkey in the list. */
export function PasskeyRow({
  passkey: { name, created_at, last_used_at, synced, flagged_at },
  onRename,
  onRemove,
}: {
  passkey: Passkey;
  onRename: () => void;
  onRemove: () => void;
}) {
  return (
    <li>
      <div>
        <p class="row">
          <b class="break">{name}</b>
          {synced && <Badge tone="info">Synced</Badge>}
          {flagged_at !== null && <Badge tone="danger">Blocked</Badge>}
        </p>
        <p class="muted small">
          Added <Ago at={created_at} />,{" "}
          {last_used_at === null ? (
            "not used yet"
          ) : (
            <>
              last used <Ago at={last_used_at} />
            </>
          )}
        </p>
        {flagged_at !== null && (
          <p class="small">
            There may be a copy of this passkey, so it no longer works. Remove it.
          </p>
        )}
      </div>
      <div class="row">
        <Button size="small" aria-label={`Rename passkey ${name}`} onClick={onRename}>
          Rename
        </Button>
        <Button size="small" aria-label={`Remove passkey ${name}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </li>
  );
}
