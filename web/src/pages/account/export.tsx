import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { useExport } from "../../data/account";
import { download } from "../../download";
import { pluralize } from "../../logic/format/numbers";

/** Export the account's data without its secrets. */
export function Export() {
  const read = useExport();
  const [state, setState] = useState<{ busy: boolean; said: string; wrong?: string }>({
    busy: false,
    said: "",
  });

  async function take() {
    setState({ busy: true, said: "Exporting…" });
    try {
      const file = await read((requests) =>
        setState({ busy: true, said: `Exporting… ${pluralize(requests, "request")}` }),
      );
      download(file, `api-dashboard-${new Date().toISOString().slice(0, 10)}.json`);
      setState({ busy: false, said: "Saved to your downloads." });
    } catch (error) {
      setState({ busy: false, said: "", wrong: asApiError(error).message });
    }
  }

  return (
    <section class="panel" aria-labelledby="export">
      <header>
        <h2 id="export">Export your data</h2>
      </header>
      <div class="panel-body stack">
        <p>
          One JSON file with your profile, keys, tokens, rate limits and the request log. It
          contains no secrets: the API never returns them. For a <code>.env</code> file with tokens
          and base URLs instead of keys, see <a href="/env-files">.env files</a>.
        </p>
        {state.wrong !== undefined && <Notice kind="danger">{state.wrong}</Notice>}
        <div class="row">
          <Button busy={state.busy} onClick={take}>
            Download data
          </Button>
          <span class="muted small numbers" role="status">
            {state.said}
          </span>
        </div>
      </div>
    </section>
  );
}
