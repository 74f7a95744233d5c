import { Page } from "../components/page";

export default function Requests() {
  return (
    <Page title="Requests">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
