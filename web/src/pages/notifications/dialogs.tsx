import { Confirm } from "../../components/confirm";
import { Dialog } from "../../components/dialog";
import { MissingItem, useMissingItem } from "../../components/missing-item";
import { useQueryParams } from "../../components/query-params";
import type { QueryResult } from "../../components/query-state";
import { useToast } from "../../components/toasts";
import {
  type Target,
  useChangeTarget,
  useCreateTarget,
  useRemoveTarget,
  useRotateSecret,
} from "../../data/notifications";
import { asApiError } from "../../api/problem";
import { fullTime } from "../../logic/format/time";
import {
  changeBody,
  createBody,
  KIND_NAMES,
  newTargetDraft,
  type TargetKind,
  toTargetDraft,
} from "../../logic/notifications/targets";
import { SecretDialog } from "./secret";
import { TargetForm } from "./target-form";

/** A webhook's secret while it can be shown. */
export interface ShownSecret {
  readonly name: string;
  readonly secret: string;
  /** What happens with the old secret. */
  readonly note?: string;
}

/** The dialog that the URL opens, or a new secret. */
export default function NotificationDialogs({
  targets,
  secret,
  onSecret,
  onClose,
}: {
  targets: QueryResult<{ items: Target[]; kinds: TargetKind[] }>;
  secret: ShownSecret | undefined;
  onSecret: (secret: ShownSecret | undefined) => void;
  onClose: () => void;
}) {
  const { query } = useQueryParams();
  const id = query["edit"] ?? query["remove"] ?? query["secret"];
  const target = targets.data?.items.find(({ target_id }) => target_id === id);
  const missing = useMissingItem(id, target !== undefined, targets);
  if (secret !== undefined) {
    return <SecretDialog shown={secret} onClose={() => onSecret(undefined)} />;
  }
  if (query["add"] !== undefined) {
    return (
      <AddTarget
        kind={query["add"]}
        available={targets.data?.kinds}
        onSecret={onSecret}
        onClose={onClose}
      />
    );
  }
  if (missing) {
    return (
      <MissingItem title="Notification target" onClose={onClose}>
        This target does not exist. It may have been removed, or the link is wrong.
      </MissingItem>
    );
  }
  if (target === undefined) {
    return null;
  }
  if (query["edit"] !== undefined) {
    return <EditTarget key={target.target_id} target={target} onClose={onClose} />;
  }
  return query["remove"] !== undefined ? (
    <RemoveTarget target={target} onClose={onClose} />
  ) : (
    <ReplaceSecret target={target} onSecret={onSecret} onClose={onClose} />
  );
}

function AddTarget({
  kind,
  available,
  onSecret,
  onClose,
}: {
  /** The kind to begin with, or empty. */
  kind: string;
  available: readonly TargetKind[] | undefined;
  onSecret: (secret: ShownSecret) => void;
  onClose: () => void;
}) {
  const create = useCreateTarget();
  const toast = useToast();
  return (
    <Dialog title="Add notification target" onClose={onClose}>
      <TargetForm
        initial={newTargetDraft(KIND_NAMES.find((name) => name === kind) ?? "webhook")}
        target={undefined}
        available={available}
        action="Add target"
        onSubmit={async (draft) => {
          const { name, secret } = await create(createBody(draft));
          onClose();
          if (secret === null) {
            toast({ text: `${name} was added. Send a test to check it.` });
          } else {
            onSecret({ name, secret });
          }
        }}
        onClose={onClose}
      />
    </Dialog>
  );
}

function EditTarget({ target, onClose }: { target: Target; onClose: () => void }) {
  const change = useChangeTarget();
  const toast = useToast();
  return (
    <Dialog title={`Edit ${target.name}`} onClose={onClose}>
      <TargetForm
        initial={toTargetDraft(target)}
        target={target}
        available={undefined}
        action="Save changes"
        onSubmit={async (draft) => {
          const { name } = await change.mutateAsync({
            target_id: target.target_id,
            ...changeBody(draft, target.address),
          });
          toast({ text: `${name} was changed.` });
          onClose();
        }}
        onClose={onClose}
      />
    </Dialog>
  );
}

function RemoveTarget({ target, onClose }: { target: Target; onClose: () => void }) {
  const remove = useRemoveTarget();
  const toast = useToast();
  return (
    <Confirm
      title={`Remove ${target.name}?`}
      action="Remove target"
      onClose={onClose}
      onConfirm={async () => {
        try {
          await remove.mutateAsync(target.target_id);
        } catch (error) {
          // Already removed elsewhere.
          if (asApiError(error).code !== "target_not_found") {
            throw error;
          }
        }
        toast({ text: `${target.name} was removed.` });
      }}
    >
      <p class="break">
        Nothing more is sent to <span class="mono">{target.address}</span>, also no notification
        that waits for another attempt.
      </p>
    </Confirm>
  );
}

function ReplaceSecret({
  target,
  onSecret,
  onClose,
}: {
  target: Target;
  onSecret: (secret: ShownSecret) => void;
  onClose: () => void;
}) {
  const rotate = useRotateSecret();
  return (
    <Confirm
      title={`Replace the secret of ${target.name}?`}
      action="Replace secret"
      onClose={onClose}
      onConfirm={async () => {
        const { secret, previous_until } = await rotate(target.target_id);
        onSecret({
          name: target.name,
          secret,
          note: `Until ${fullTime(previous_until)}, each request is signed with the old secret too.`,
        });
      }}
    >
      <p>
        You get a new signing secret. For a day, each request is signed with both secrets, so you
        can change your program without losing one.
      </p>
    </Confirm>
  );
}
