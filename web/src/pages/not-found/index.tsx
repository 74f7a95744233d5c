import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";

/** A path that no page has. */
export default function NotFound() {
  return (
    <Page title="Not found">
      <EmptyState title="There is no such page" action={<a href="/">Go to the overview</a>}>
        The link may be old, or mistyped.
      </EmptyState>
    </Page>
  );
}
