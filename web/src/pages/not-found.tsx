import { Empty } from "../components/empty";
import { Page } from "../components/page";

/** A path that no page has. */
export default function NotFound() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page" action={<a href="/">Go to the overview</a>}>
        The link may be old, or mistyped.
      </Empty>
    </Page>
  );
}
