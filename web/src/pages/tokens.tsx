import { Page } from "../components/page";

export default function Tokens() {
  return (
    <Page title="Tokens">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
