"""How cells are read."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people import rules

TODAY = dt.date(2026, 11, 2)


@pytest.mark.parametrize(
    "written",
    [
        "07700 900123", "07700900123", "+447700900123", "+44 7700 900 123", "+44 (0)7700 900123",
        "0044 7700 900 123", "(07700) 900-123", " 07700 900 123 ", "447700900123", "7700900123",
    ],
)  # fmt: skip
def test_a_mobile_number_is_the_same_however_it_is_written(written):
    assert rules.mobile_of(written) == "07700900123"


@pytest.mark.parametrize(
    "written",
    ["", "none", "n/a", "07700 9001", "01304 555 123", "07000 900123", "07600 900123", "+1 212 555 0100"],
)
def test_what_cannot_be_texted_is_no_mobile(written):
    assert rules.mobile_of(written) == ""


def test_numbers_of_the_isle_of_man_are_mobiles_and_landlines_are_phones():
    assert rules.mobile_of("07624 900123") == "07624900123"
    assert rules.phone_of("01304 555 123") == "01304555123"


@pytest.mark.parametrize(("number", "valid"), [
    ("9990000018", True), ("9434765919", True), ("9991234567", False), ("9990000017", False),
])  # fmt: skip
def test_the_tenth_digit_is_checked(number, valid):
    assert rules.has_check_digit(number) is valid


def test_no_tenth_digit_is_valid_where_the_remainder_is_ten():
    stem = "999000006"
    total = sum(int(d) * w for d, w in zip(stem, range(10, 1, -1), strict=True))
    while (11 - total % 11) != 10:
        stem = str(int(stem) + 1)
        total = sum(int(d) * w for d, w in zip(stem, range(10, 1, -1), strict=True))
    assert not any(rules.has_check_digit(f"{stem}{last}") for last in range(10))


@pytest.mark.parametrize(
    "written", ["999 000 0018", "999-000-0018", " 9990000018 ", "999\u00a0000\u00a00018"]
)
def test_an_nhs_number_is_read_with_any_spacing(written):
    assert rules.nhs_number_of(written) == "9990000018"


@pytest.mark.parametrize("written", ["", "n/a", "NULL", " "])
def test_no_nhs_number_is_none(written):
    assert rules.nhs_number_of(written) == ""


@pytest.mark.parametrize("written", ["999000001", "AB123456C", "9.99E+09", "99900000180"])
def test_what_is_not_ten_digits_is_no_nhs_number(written):
    with pytest.raises(rules.Unreadable):
        rules.nhs_number_of(written)


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2025", "3/4/2025", "03/04/25", "03-04-2025", "03.04.2025", "2025-04-03", "2025-04-03T00:00:00",
        "2025-04-03 00:00", "20250403", "03-Apr-2025", "3 April 2025", "3rd April 2025", "03 Apr 25",
    ],
)  # fmt: skip
def test_a_date_is_read_day_first_in_its_uk_forms(written):
    assert rules.date_of(written, TODAY) == dt.date(2025, 4, 3)


def test_two_digits_are_the_latest_year_that_is_not_in_the_future():
    assert rules.date_of("02/11/26", TODAY) == dt.date(2026, 11, 2)
    assert rules.date_of("03/11/26", TODAY) == dt.date(1926, 11, 3)


@pytest.mark.parametrize(
    "written", ["31/02/2026", "2026-13-01", "1/1/1066", "yesterday", "4500", "450000", "29/02/2025"]
)
def test_a_date_that_does_not_exist_is_not_read(written):
    with pytest.raises(rules.Unreadable):
        rules.date_of(written, TODAY)


@pytest.mark.parametrize("written", ["Y", "Yes", "1", "true", "y ", "dissent"])
def test_a_flag_is_set_unless_it_plainly_is_not(written):
    assert rules.is_flagged(written)


@pytest.mark.parametrize("written", ["", "N", "No", "0", "false", "NULL", "unknown"])
def test_a_flag_that_says_no_or_nothing_is_not_set(written):
    assert not rules.is_flagged(written)


def test_names_are_searched_without_accents_apostrophes_and_case():
    assert rules.name_key("Zoë", "O’Brien-Łukasz") == "zoe obrien lukasz"


def test_postcodes_have_one_space():
    assert rules.postcode_of("ct161dw") == rules.postcode_of(" CT16  1DW ") == "CT16 1DW"


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-5", "@x", "\tx"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert rules.formula_safe(cell) == f"'{cell}"
    assert rules.formula_safe("plain") == "plain"


def test_a_number_of_five_digits_is_a_day_as_excel_counts_them():
    assert rules.date_of("45750", TODAY) == rules.date_of("45750.75", TODAY) == dt.date(2025, 4, 3)
    assert rules.date_of("25600", TODAY) == dt.date(1970, 2, 1)


@given(st.integers(1, 28), st.integers(1, 12), st.sampled_from("/.- "), st.sampled_from(["25", "2025"]))
def test_a_date_could_be_meant_month_first_exactly_when_swapping_gives_another_date(day, month, mark, year):
    written = f"{day:02}{mark}{month:02}{mark}{year}"
    swapped = day <= 12 and day != month
    assert rules.day_first(written) == swapped
