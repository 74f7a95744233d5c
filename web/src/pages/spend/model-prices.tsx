import { useEffect, useState } from "preact/hooks";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { TextField } from "../../components/fields";
import { exactMoney } from "../../logic/format/money";
import { QueryState } from "../../components/query-state";
import { useModelPrices } from "../../data/prices";
import { type ModelPrice, pricedText, pricesByModel } from "../../logic/spend/price-draft";

// Milliseconds after the last keystroke.
const SETTLED = 250;

/** Search the models of an API and their prices. */
export function ModelPrices({
  api,
  preset = "",
  onOwn,
}: {
  api: string;
  preset?: string | undefined;
  /** Set an own price, starting with the model's. */
  onOwn: (model: string, prices: readonly ModelPrice[]) => void;
}) {
  const [text, setText] = useState(preset);
  const [search, setSearch] = useState(preset);
  const models = useModelPrices(api, search);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), SETTLED);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <section class="stack tight" aria-label="Prices of models">
      <TextField label="Search models" type="search" value={text} onValue={setText} />
      <QueryState query={models}>
        {(found) => (
          <div class="price-models" role="region" aria-label="Models" tabIndex={0}>
            {found.prices.length === 0 ? (
              <p class="muted" role="status">
                No model matches{search !== "" && ` “${search}”`}.
              </p>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Model</th>
                    <th scope="col">Price</th>
                    <th scope="col">
                      <span class="hidden-visually">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {pricesByModel(found.prices).map((prices) => (
                    <ModelRow
                      key={`${prices[0]?.model} ${prices[0]?.is_own}`}
                      {...{ prices, onOwn }}
                    />
                  ))}
                </tbody>
              </table>
            )}
            {!found.is_complete && (
              <p class="hint">More models match. Search for a longer part of the name.</p>
            )}
          </div>
        )}
      </QueryState>
    </section>
  );
}

function ModelRow({
  prices,
  onOwn,
}: {
  prices: readonly ModelPrice[];
  onOwn: (model: string, prices: readonly ModelPrice[]) => void;
}) {
  const { model = "", is_own = false } = prices[0] ?? {};
  return (
    <tr>
      <th scope="row" class="spend-name break">
        {model} {is_own && <Badge tone="info">Own price</Badge>}
      </th>
      <td>
        <ul class="small numbers">
          {prices.map((price) => (
            <li key={`${price.unit} ${price.above}`}>
              {exactMoney(price.amount_usd)} <span class="muted">per {pricedText(price)}</span>
            </li>
          ))}
        </ul>
      </td>
      <td class="action-cell">
        {!is_own && (
          <Button
            size="small"
            aria-label={`Override the price of ${model}`}
            onClick={() => onOwn(model, prices)}
          >
            Override
          </Button>
        )}
      </td>
    </tr>
  );
}
