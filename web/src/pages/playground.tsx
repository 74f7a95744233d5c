import { Page } from "../components/page";

export default function Playground() {
  return (
    <Page title="Playground">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
