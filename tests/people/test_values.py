"""Measured values: whatever unit they come in, they are kept in one, or set aside with the reason."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people import values
from app.people.codes import MEASURES, UnknownUnit, in_its_unit

BMI, WEIGHT, HEIGHT = (MEASURES[code] for code in ("60621009", "27113001", "50373000"))
HBA1C, HBA1C_DCCT = MEASURES["999791000000106"], MEASURES["1019431000000105"]
SYSTOLIC, DIASTOLIC = "271649006", "271650006"


@pytest.mark.parametrize(
    ("written", "unit", "kg"),
    [
        ("78", "kg", "78"), ("78", "", "78"), ("78", "Kg.", "78"), ("78,5", "kg", "78.5"),
        ("78 kg", "", "78"), ("78kg", "kg", "78"), ("78000", "g", "78"),
        ("12st 4lb", "", "78.02"), ("12st 4lb", "st lb", "78.02"), ("12 stone 4 lbs", "stone", "78.02"),
        ("12 st 4", "", "78.02"), ("12 st.", "st", "76.2"), ("12", "st", "76.2"), ("12st 4.5lb", "", "78.24"),
        ("172", "lb", "78.02"), ("172 lbs", "", "78.02"),
    ],
)  # fmt: skip
def test_a_weight_is_kept_in_kilograms(written, unit, kg):
    assert values.read(WEIGHT, written, unit) == Decimal(kg)


@pytest.mark.parametrize(
    ("written", "unit", "cm"),
    [
        ("178", "cm", "178"), ("1.78", "m", "178"), ("1,78 m", "", "178"), ("1.785", "m", "178.5"),
        ("5'10\"", "", "177.8"), ("5’10”", "ft in", "177.8"), ("5 ft 10 in", "", "177.8"),
        ("5ft 10", "ft", "177.8"), ("5 foot 10 inches", "", "177.8"), ("5'", "", "152.4"),
        ("5", "ft", "152.4"), ("70", "in", "177.8"), ("70\"", "", "177.8"), ("5' 10.5\"", "", "179.07"),
    ],
)  # fmt: skip
def test_a_height_is_kept_in_centimetres(written, unit, cm):
    assert values.read(HEIGHT, written, unit) == Decimal(cm)


@pytest.mark.parametrize(
    ("written", "unit", "whole"),
    [("6.5", "%", 48), ("6.5%", "", 48), ("7,5", "% Hb", 58), ("4.7", "percent", 28), ("48", "mmol/mol", 48)],
)
def test_hba1c_is_kept_in_mmol_per_mol(written, unit, whole):
    assert values.read(HBA1C, written, unit) == whole


def test_an_hba1c_of_the_percent_concept_is_in_percent_where_no_unit_is_said():
    assert values.read(HBA1C_DCCT, "6.5", "") == 48
    assert values.read(HBA1C_DCCT, "48", "mmol/mol") == 48
    with pytest.raises(values.CannotUse, match="implausible HbA1c"):
        values.read(HBA1C, "6.5", "")


@pytest.mark.parametrize(
    ("measure", "written", "unit", "reason"),
    [
        (WEIGHT, "12.4", "st", "weight in an unknown unit"),  # 12 st 4 or twelve and two fifths
        (HEIGHT, "5.8", "ft", "height in an unknown unit"),
        (WEIGHT, "12st 4lb", "kg", "weight in an unknown unit"),
        (WEIGHT, "12st 14lb", "", "weight in an unknown unit"),
        (HEIGHT, "5ft 12in", "", "height in an unknown unit"),
        (WEIGHT, "78 kg", "lb", "weight in an unknown unit"),
        (WEIGHT, "78", "mg", "weight in an unknown unit"),
        (HBA1C, "48", "mg/dl", "HbA1c in an unknown unit"),
        (HBA1C, "48", "%", "implausible HbA1c"),
        (HEIGHT, "1.78", "cm", "implausible height"),
        (BMI, "312", "kg/m2", "implausible BMI"),
        (BMI, "-31", "", "implausible BMI"),
        (BMI, "1e3", "", "implausible BMI"),
        (BMI, "high", "", "value is not a number"),
        (BMI, "NaN", "", "value is not a number"),
        (BMI, "1_0", "", "value is not a number"),
        (WEIGHT, "120/80", "", "value is not a number"),
        (WEIGHT, "9" * 40, "", "value is not a number"),
    ],
)
def test_what_is_not_certain_is_not_guessed_at(measure, written, unit, reason):
    with pytest.raises(values.CannotUse) as refusal:
        values.read(measure, written, unit)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("written", "unit", "value", "original"),
    [
        ("78", "kg", "78", None), ("78.0", "", "78", None), ("6.5", "%", "48", "6.5 %"),
        ("12st 4lb", "", "78.02", "12st 4lb"), ("172", "lb", "78.02", "172 lb"),
        ("1.78", "m", "178", "1.78 m"), ("6.5%", "%", "48", "6.5%"),
    ],
)  # fmt: skip
def test_the_value_as_it_came_is_kept_where_it_was_converted(written, unit, value, original):
    assert values.original_of(written, unit, Decimal(value)) == original


@given(st.integers(4, 50), st.integers(0, 13))
def test_stones_and_pounds_are_the_same_weight_as_their_pounds(stones, pounds):
    in_parts = values.read(WEIGHT, f"{stones}st {pounds}lb", "")
    assert in_parts == values.read(WEIGHT, str(stones * 14 + pounds), "lb")
    assert abs(in_parts / Decimal("6.35029318") - (stones + Decimal(pounds) / 14)) < Decimal("0.01")


@given(st.integers(4, 7), st.integers(0, 11))
def test_feet_and_inches_are_the_same_height_as_their_inches(feet, inches):
    if MEASURES["50373000"].plausible(Decimal(feet * 12 + inches) * Decimal("2.54")):
        in_parts = values.read(HEIGHT, f"{feet}'{inches}\"", "")
        assert in_parts == values.read(HEIGHT, str(feet * 12 + inches), "in")


@given(st.decimals("4.0", "20.0", places=1), st.decimals("4.0", "20.0", places=1))
def test_more_percent_is_never_less_mmol_per_mol(one, other):
    low, high = sorted((one, other))
    assert in_its_unit(HBA1C, low, "%") <= in_its_unit(HBA1C, high, "%")
    back = in_its_unit(HBA1C, low, "%") / Decimal("10.929") + Decimal("2.15")
    assert abs(back - low) <= Decimal("0.05")  # half of one mmol/mol


@given(st.sampled_from(sorted(MEASURES)), st.text(max_size=12), st.text(max_size=6))
def test_any_cell_is_read_as_a_plausible_value_or_set_aside(code, written, unit):
    measure = MEASURES[code]
    with suppress(values.CannotUse):
        assert measure.plausible(values.read(measure, written, unit))


@given(st.integers(50, 300), st.integers(20, 200), st.sampled_from(["{}/{}", "{} / {}", "{}/{} mmHg"]))
def test_a_pair_becomes_two_values_with_the_lower_one_diastolic(high, low, form):
    written = form.format(high, low)
    if low >= high:
        with pytest.raises(values.CannotUse, match="not below"):
            values.pair_of(written, "mmHg")
        return
    systolic, diastolic = values.pair_of(written, "mmHg")
    assert (systolic.code, systolic.value, systolic.unit) == (SYSTOLIC, high, "mmHg")
    assert (diastolic.code, diastolic.value) == (DIASTOLIC, low)


@pytest.mark.parametrize(
    ("written", "unit", "reason"),
    [
        ("140", "mmHg", "blood pressure is not a pair like 140/90"),
        ("140/90/70", "mmHg", "blood pressure is not a pair like 140/90"),
        ("400/90", "mmHg", "implausible systolic blood pressure"),
        ("140/10", "", "implausible diastolic blood pressure"),
        ("140/90", "kPa", "systolic blood pressure in an unknown unit"),
    ],
)
def test_a_pair_that_cannot_be_true_is_set_aside_whole(written, unit, reason):
    with pytest.raises(values.CannotUse) as refusal:
        values.pair_of(written, unit)
    assert str(refusal.value) == reason


def test_the_combined_code_is_a_pair_and_no_measure():
    assert {"75367002"} == values.PAIRS
    assert not values.PAIRS & set(MEASURES)


def test_a_unit_that_is_not_known_is_not_guessed():
    with pytest.raises(UnknownUnit):
        in_its_unit(WEIGHT, Decimal(150), "bushels")
