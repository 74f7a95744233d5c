import { Page } from "../components/page";

export default function Overview() {
  return (
    <Page title="Overview">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
