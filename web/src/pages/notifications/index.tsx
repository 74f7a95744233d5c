import { Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { ErrorBoundary, lazy } from "preact-iso";
import { Button } from "../../components/button";
import { EmptyState } from "../../components/empty-state";
import { loadPage } from "../../components/load-page";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { QueryState } from "../../components/query-state";
import { useTargets } from "../../data/notifications";
import type { ShownSecret } from "./dialogs";
import { Recent } from "./recent";
import { TargetList } from "./target-list";
import "./style.css";

const Dialogs = lazy(() => loadPage(() => import("./dialogs")));

const DIALOGS = ["add", "edit", "remove", "secret"] as const;

/** Where notifications are sent, and the notifications of the last 30 days. */
export default function NotificationsPage() {
  const { query, setQuery } = useQueryParams();
  const targets = useTargets();
  // In memory only: the API shows it once.
  const [secret, setSecret] = useState<ShownSecret>();
  const add = (
    <Button variant="primary" onClick={() => setQuery({ add: "" }, true)}>
      <Plus size={16} /> Add target
    </Button>
  );
  const opened = DIALOGS.some((name) => query[name] !== undefined);

  return (
    <Page
      title="Notifications"
      lead="Be told when a quota runs out before its reset, a budget is nearly spent, a key is refused, a token is used from a new network, or somebody signs in from a new place."
      actions={add}
    >
      <section class="stack" aria-labelledby="targets">
        <h2 id="targets">Targets</h2>
        <QueryState query={targets} rows={3}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No targets yet" action={add}>
                Add a webhook, an email address, an ntfy topic, or a Slack or Discord channel. Until
                then, notifications appear only on this page.
              </EmptyState>
            ) : (
              <TargetList targets={items} />
            )
          }
        </QueryState>
      </section>
      <Recent targets={targets.data?.items} />
      <ErrorBoundary>
        {(opened || secret !== undefined) && (
          <Dialogs
            targets={targets}
            secret={secret}
            onSecret={setSecret}
            onClose={() =>
              setQuery({ add: undefined, edit: undefined, remove: undefined, secret: undefined })
            }
          />
        )}
      </ErrorBoundary>
    </Page>
  );
}
