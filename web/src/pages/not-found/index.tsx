import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";

/** The page for unknown paths. */
export default function NotFound() {
  return (
    <Page title="Not found">
      <EmptyState title="This page does not exist" action={<a href="/">Go to the overview</a>}>
        The link may be outdated or mistyped.
      </EmptyState>
    </Page>
  );
}
