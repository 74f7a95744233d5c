import { Download } from "lucide-preact";
import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { useToast } from "../../components/toasts";
import { type SpendQuery, useSpendExport } from "../../data/spend";
import { download } from "../../download";

/** Save the shown spend as a CSV file. */
export function ExportButton({ query }: { query: SpendQuery }) {
  const [busy, setBusy] = useState(false);
  const fetchCsv = useSpendExport();
  const toast = useToast();

  async function save() {
    setBusy(true);
    try {
      download(await fetchCsv(query), `spend-${query.start}-to-${query.end}.csv`);
    } catch (error) {
      toast({ text: `The file could not be created. ${asApiError(error).message}` });
    }
    setBusy(false);
  }

  return (
    <Button busy={busy} onClick={() => void save()}>
      <Download size={15} aria-hidden="true" /> Export CSV
    </Button>
  );
}
