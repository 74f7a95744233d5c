import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { Segmented } from "../../components/segmented";
import { ExportEnvFile } from "./export";
import { ImportEnvFile } from "./import";
import "./style.css";

const WAYS = [
  ["import", "Import keys"],
  ["export", "Export a safe file"],
] as const;

/** Import `.env` files with keys, and export safe ones. */
export default function EnvFiles() {
  const { query, setQuery } = useQueryParams();
  const way = query["way"] === "export" ? "export" : "import";
  return (
    <Page
      title=".env files"
      lead="Move keys from a .env file into the vault, and export a safe file that contains a token and base URLs instead."
      actions={
        <Segmented
          label="Import or export"
          value={way}
          options={WAYS}
          onValue={(next) => setQuery({ way: next === "import" ? undefined : next }, true)}
        />
      }
    >
      {way === "import" ? <ImportEnvFile /> : <ExportEnvFile />}
    </Page>
  );
}
