"""What was waiting in the outbox during a backup is not sent by what is restored from it."""

from __future__ import annotations

from api.storage.item_kinds import as_restored
from api.storage.marshal import decode_item, encode_item
from tests.product.notifications.notifying import NotifyingProduct


def restore(product: NotifyingProduct) -> None:
    """Write the user's items as a restore does."""
    table = product.shared.storage.table
    for item in table.query_all(f"USER#{product.account.username}"):
        table.run(table.put_op(decode_item(as_restored(encode_item(item)))))


def test_a_restored_delivery_is_given_up(product: NotifyingProduct) -> None:
    product.target()
    assert product.notify()
    restore(product)
    assert product.deliver() == 0
    (delivery,) = product.listed()[0]["deliveries"]
    assert delivery["state"] == "given_up" and "restored from a backup" in delivery["detail"]
    assert product.deliver(after=3600) == 0
    assert not product.notify() and product.notify(subject="another")
    assert product.deliver() == 1


def test_a_restored_hour_sends_no_summary(product: NotifyingProduct) -> None:
    product.target()
    for number in range(32):
        assert product.notify(subject=str(number))
    restore(product)
    product.deliver()
    assert product.deliver(after=3700) == 0
