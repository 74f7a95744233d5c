import { Page } from "../components/page";

export default function RateLimits() {
  return (
    <Page title="Rate limits">
      <p class="muted">Not there yet.</p>
    </Page>
  );
}
