import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { SelectField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { QueryState } from "../../components/query-state";
import { useToast } from "../../components/toasts";
import {
  useReconciliations,
  useRunReconciliation,
  useSetReconciliation,
} from "../../data/reconciliations";
import { newKeyPath } from "../../logic/navigation/routes";

/** Choose the admin key with which an API's spend is compared with its provider's figures. */
export function CompareDialog({ api, onClose }: { api: string; onClose: () => void }) {
  const known = useReconciliations();
  return (
    <Dialog title={`Compare ${api} with its provider`} onClose={onClose}>
      <QueryState query={known}>
        {({ candidates = [] }) => (
          <CompareForm
            api={api}
            admins={candidates.find(({ api_name }) => api_name === api)?.admin_api_names ?? []}
            onClose={onClose}
          />
        )}
      </QueryState>
    </Dialog>
  );
}

function CompareForm({
  api,
  admins,
  onClose,
}: {
  api: string;
  admins: readonly string[];
  onClose: () => void;
}) {
  const [admin, setAdmin] = useState(admins[0] ?? "");
  const set = useSetReconciliation();
  const run = useRunReconciliation();
  const toast = useToast();
  const form = useForm(["admin_api_name"], async () => {
    await set.mutateAsync({ api_name: api, admin_api_name: admin });
    onClose();
    try {
      await run.mutateAsync(api);
    } catch {
      toast({ text: `${api} is compared at the next daily run.` });
    }
  });
  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <p class="muted">
        Once a day, the dashboard compares what it counted with what the provider reports. This
        needs an admin key of the provider, stored under an API name of its own, such as {api}
        -admin, so that no other call uses it.
      </p>
      {admins.length === 0 ? (
        <Notice kind="info">
          You have no other API with a key of this provider.{" "}
          <a href={newKeyPath(`${api}-admin`)}>Add an admin key</a>
        </Notice>
      ) : (
        <SelectField
          label="API with the admin key"
          value={admin}
          options={admins.map((name) => [name, name] as const)}
          onValue={setAdmin}
          error={form.at("admin_api_name")}
          autofocus
        />
      )}
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
      <footer class="actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy} disabled={admins.length === 0}>
          Compare daily
        </Button>
      </footer>
    </form>
  );
}
