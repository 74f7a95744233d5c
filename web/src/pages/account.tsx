import { Page } from "../components/page";

export default function Account() {
  return (
    <Page title="Account">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
