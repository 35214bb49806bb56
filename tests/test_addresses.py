"""Numbers in addresses: none is too large for the database."""

import pytest

from app.addresses import LARGEST


@pytest.mark.parametrize("digits", [str(LARGEST + 1), "1" * 20, "9" * 5000], ids=len)
def test_a_number_larger_than_any_row_has_leads_nowhere(client_of, digits: str) -> None:
    client = client_of("mandy")
    for path in (f"/pcn/dover-town/programmes/{digits}", f"/pcn/dover-town/settings/staff/{digits}/end"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Page not found" in answer.text


def test_the_largest_number_that_a_row_can_have_is_looked_for(client_of) -> None:
    assert client_of("mandy").get(f"/pcn/dover-town/settings/staff/{LARGEST}/end").status_code == 404


def test_every_number_in_an_address_is_a_row_number(session_app) -> None:
    from app.addresses import RowNumber

    for rule in session_app.url_map.iter_rules():
        for name, converter in rule._converters.items():
            assert isinstance(converter, RowNumber) == name.endswith("_id"), rule
