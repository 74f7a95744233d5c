import { useServices } from "../services";
import { Button } from "./button";
import { Logo } from "./logo";

/** What stands there while it is not known who is signed in, and when the API does not say. */
export function SessionGate({ failed }: { failed: boolean }) {
  const { session } = useServices();
  return (
    <main class="outside">
      <Logo />
      {failed ? (
        <div class="stack" role="alert">
          <h1>The API does not answer</h1>
          <p class="muted">
            You are still signed in. Look whether the server is running and this machine is online.
          </p>
          <p>
            <Button variant="primary" onClick={() => session.resume()}>
              Try again
            </Button>
          </p>
        </div>
      ) : (
        <p class="muted" role="status">
          Signing you in…
        </p>
      )}
    </main>
  );
}
