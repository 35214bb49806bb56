"""The demonstration's later list leaves the analyst something to look at, and looks like its source's."""

from app.demo.linked_data import extract_of, later


def test_the_later_list_has_lost_some_rows_and_closed_some() -> None:
    before, after = (content.splitlines() for content in (services(), later(services())))
    assert after[0] == before[0]
    assert len(before) - len(after) == 20
    closed = [row for row in after if row not in before]
    assert closed
    assert all(row.replace(b";Closed", b";Open") in before for row in closed)


def services() -> bytes:
    return extract_of("community_services.csv")
