from api.local.server.open_connections import OpenConnections


def test_a_process_knows_whether_another_one_serves_fewer_connections() -> None:
    opened = OpenConnections(2)
    assert not opened.has_fewer(0)
    opened.set(0, 3)
    assert opened.has_fewer(3)
    opened.set(1, 3)
    assert not opened.has_fewer(3)
    assert opened.has_fewer(4)


def test_a_process_that_stops_is_not_waited_for() -> None:
    opened = OpenConnections(2)
    opened.set(0, 3)
    opened.take_no_more(1)
    assert not opened.has_fewer(3)


def test_a_row_beyond_the_shared_memory_counts_for_nothing() -> None:
    opened = OpenConnections(1_000)
    opened.set(700, 5)
    opened.set(0, 5)
    assert opened.has_fewer(1)
    assert not opened.has_fewer(0)
