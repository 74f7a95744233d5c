import { Download } from "lucide-preact";
import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { useToast } from "../../components/toasts";
import { useAuditExport } from "../../data/audit";
import { download } from "../../download";
import type { AuditFilter } from "../../logic/audit/audit-filter";
import { localDate } from "../../logic/spend/days";

/** Save the entries that match the filter as a CSV file. */
export function ExportButton({ filter }: { filter: AuditFilter }) {
  const [busy, setBusy] = useState(false);
  const fetchCsv = useAuditExport();
  const toast = useToast();

  async function save() {
    setBusy(true);
    try {
      download(await fetchCsv(filter), `audit-log-${localDate(Date.now())}.csv`);
    } catch (error) {
      toast({ text: `The file could not be created. ${asApiError(error).message}` });
    }
    setBusy(false);
  }

  return (
    <Button busy={busy} onClick={() => void save()}>
      <Download size={15} aria-hidden="true" /> Download CSV
    </Button>
  );
}
