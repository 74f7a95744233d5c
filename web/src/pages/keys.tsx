import { Page } from "../components/page";

export default function Keys() {
  return (
    <Page title="Keys">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
