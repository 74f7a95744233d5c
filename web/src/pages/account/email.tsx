import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextField } from "../../components/fields";
import { useForm } from "../../components/form";
import { Notice } from "../../components/notice";
import { useToast } from "../../components/toasts";
import { useChangeEmail } from "../../data/account";

/** The e-mail address, and another one. */
export function Email({ email }: { email: string }) {
  const change = useChangeEmail();
  const toast = useToast();
  const [typed, setTyped] = useState(email);
  const form = useForm(["email"], async () => {
    await change.mutateAsync(typed);
    toast({
      text: "The e-mail address is changed.",
      action: { label: "Undo", run: () => change.mutate(email) },
    });
  });
  return (
    <form class="with-action" onSubmit={form.submit}>
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autocomplete="email"
        required
        value={typed}
        onValue={setTyped}
        error={form.at("email")}
      />
      <Button type="submit" busy={form.busy} disabled={typed === email}>
        Change e-mail
      </Button>
      {form.wrong && <Notice kind="danger">{form.wrong}</Notice>}
    </form>
  );
}
