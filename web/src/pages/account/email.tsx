import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useChangeEmail } from "../../data/account";

/** Show and change the email address. */
export function Email({ email }: { email: string }) {
  const change = useChangeEmail();
  const toast = useToast();
  const [typed, setTyped] = useState(email);
  const form = useForm(["email"], async () => {
    await change.mutateAsync(typed);
    toast({
      text: "Your email address was changed.",
      action: { label: "Undo", run: () => change.mutate(email) },
    });
  });
  return (
    <form class="with-action" onSubmit={form.submit}>
      <TextField
        label="Email"
        name="email"
        type="email"
        autocomplete="email"
        required
        value={typed}
        onValue={setTyped}
        error={form.at("email")}
      />
      <Button type="submit" busy={form.busy} disabled={typed === email}>
        Change email
      </Button>
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
    </form>
  );
}
