import type { ComponentChildren } from "preact";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { hrefWith } from "../../components/query-params";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { useCheckKey } from "../../data/key-changes";
import type { Key } from "../../data/keys";
import { keyLabel } from "../../logic/keys/key-names";
import { hostOf } from "../../logic/keys/providers";
import { KeyStateBadge, KeyStateReason, OutcomeBadge } from "./key-status";

/**
 * A key in the list. `pool` is all keys of its API; `children` is the API's cell, in the first row
 * of a pool.
 */
export function KeyRow({
  stored,
  pool,
  children,
}: {
  stored: Key;
  pool: readonly Key[];
  children: ComponentChildren;
}) {
  const check = useCheckKey();
  const toast = useToast();
  const name = `${stored.api_name} ${keyLabel(stored)}`;

  async function run() {
    try {
      const { detail } = await check.mutateAsync(stored.key_id);
      toast({ text: `${name}: ${detail}` });
    } catch (error) {
      toast({ text: `${name} could not be checked. ${asApiError(error).message}` });
    }
  }

  return (
    <tr>
      {children}
      <td class="key-cell">
        <span>
          <a href={hrefWith({ key: stored.key_id })} aria-label={`Key ${name}`}>
            <span class="mono">{keyLabel(stored)}</span>
          </a>{" "}
          <span class="break">{stored.description}</span>
        </span>
        <span class="muted small break">{hostOf(stored.base_url)}</span>
      </td>
      <td class="state-cell" data-label="State">
        <KeyStateBadge stored={stored} pool={pool} />
        <KeyStateReason stored={stored} />
      </td>
      <td class="check-cell" data-label="Last check">
        {stored.check === null ? (
          <span class="muted">Never</span>
        ) : (
          <span class="row" title={stored.check.detail}>
            <OutcomeBadge outcome={stored.check.outcome} />
            <span class="muted small">
              <Ago at={stored.check.checked_at} />
            </span>
          </span>
        )}
      </td>
      <td class="action-cell">
        <Button size="small" busy={check.isPending} aria-label={`Check ${name}`} onClick={run}>
          Check
        </Button>
      </td>
    </tr>
  );
}
