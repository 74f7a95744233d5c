import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { QueryState } from "../../components/query-state";
import { Ago } from "../../components/time";
import { type NotificationView, type Target, useNotifications } from "../../data/notifications";
import { deliveryState } from "../../logic/notifications/delivery-state";
import { eventName } from "../../logic/notifications/targets";

/** The notifications of the last 30 days with their deliveries. */
export function Recent({ targets }: { targets: readonly Target[] | undefined }) {
  const recent = useNotifications();
  const names = new Map(targets?.map(({ target_id, name }) => [target_id, name]));
  return (
    <section class="stack" aria-labelledby="recent">
      <h2 id="recent">Last 30 days</h2>
      <QueryState query={recent} rows={4}>
        {({ pages }) => {
          const all = pages.flatMap(({ items }) => items);
          return all.length === 0 ? (
            <p class="muted">No notifications.</p>
          ) : (
            <>
              <ul class="panel recent">
                {all.map((notification) => (
                  <li key={notification.notification_id}>
                    <Notification notification={notification} names={names} />
                  </li>
                ))}
              </ul>
              {recent.hasNextPage && (
                <div>
                  <Button busy={recent.isFetchingNextPage} onClick={() => recent.fetchNextPage()}>
                    Show more
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </QueryState>
    </section>
  );
}

function Notification({
  notification,
  names,
}: {
  notification: NotificationView;
  names: ReadonlyMap<string, string>;
}) {
  const { title, text, event, at, deliveries } = notification;
  return (
    <>
      <div class="target-head">
        <h3 class="break">{title}</h3>
        <Badge>{eventName(event)}</Badge>
        <span class="muted small">
          <Ago at={at} />
        </span>
      </div>
      <p class="notification-text break">{text}</p>
      {deliveries.length === 0 ? (
        <p class="muted small">Not sent: no target wanted it.</p>
      ) : (
        <ul class="deliveries small">
          {deliveries.map((delivery) => (
            <Delivery
              key={delivery.target_id}
              delivery={delivery}
              name={names.get(delivery.target_id) ?? "Removed target"}
            />
          ))}
        </ul>
      )}
    </>
  );
}

function Delivery({
  delivery,
  name,
}: {
  delivery: NotificationView["deliveries"][number];
  name: string;
}) {
  const { tone, text } = deliveryState(delivery);
  const { attempts, detail, state } = delivery;
  return (
    <li>
      <bdi class="break">{name}</bdi> <Badge tone={tone}>{text}</Badge>{" "}
      {state !== "delivered" && attempts > 0 && (
        <span class="muted break">
          {attempts === 1 ? "1 attempt" : `${attempts} attempts`}. {detail}
        </span>
      )}
    </li>
  );
}
