import { Page } from "../components/page";

export default function EnvFiles() {
  return (
    <Page title=".env files">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
