"""Code lists: every entry has a source, every id is a SNOMED CT concept's, and no version ever changes."""

import datetime as dt

import pytest

from app.people import code_lists as lists
from app.people.code_lists import KINDS, UnknownCodeList, code_list, code_lists, versions_of
from app.people.codes import MEASURES

# A version that once was here is never changed: what names it must mean the same for good. A new version or a
# new list is a new line; changing or deleting a line is wrong.
RECORDED = {
    ("hypertension", "2026-11-22"): "a9bbf88892e3",
    ("depression", "2026-11-22"): "7a40d3dfa3b5",
    ("type 2 diabetes", "2026-11-22"): "ae240d5f41c3",
    ("non-diabetic hyperglycaemia", "2026-11-22"): "f43d78b848ea",
    ("obesity", "2026-11-22"): "003698dc0531",
    ("BMI", "2026-11-22"): "87e6db852208",
    ("weight", "2026-11-22"): "d9215c9c15a9",
    ("height", "2026-11-22"): "f5cc4c63e200",
    ("systolic blood pressure", "2026-11-22"): "f48b2864694f",
    ("diastolic blood pressure", "2026-11-22"): "8711821dece1",
    ("blood pressure", "2026-11-22"): "727155a3e078",
    ("HbA1c", "2026-11-22"): "3f3ca55351b7",
    ("referral to social prescribing", "2026-11-22"): "097689810dfb",
    ("social prescribing declined", "2026-11-22"): "a37b54df3f9e",
    ("referral to weight management", "2026-11-22"): "eb34b3d0568c",
    ("referral to physical activity", "2026-11-22"): "71f72d82d12e",
}
EVERY = [version for newest in code_lists() for version in versions_of(newest.name)]

# Verhoeff's dihedral group of order 10 and its permutation. Source: SNOMED CT Technical Implementation Guide,
# check-digit computation.
_TIMES = [[(a + b) % 5 if a < 5 else 5 + (a - b) % 5 for b in range(5)]
          + [5 + (a + b) % 5 if a < 5 else (a - b) % 5 for b in range(5)] for a in range(10)]  # fmt: skip
_MOVED = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def has_check_digit(code: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(code)):
        moved = int(digit)
        for _ in range(place % 8):
            moved = _MOVED[moved]
        total = _TIMES[total][moved]
    return total == 0


def test_the_check_finds_a_wrong_digit_and_two_that_changed_places():
    assert has_check_digit("38341003")
    assert not has_check_digit("38341004")
    assert not has_check_digit("38314003")


@pytest.mark.parametrize("version", EVERY, ids=lambda version: f"{version.name} {version.version}")
def test_a_version_is_complete_and_as_it_was_recorded(version):
    assert version.source.strip()
    assert version.kind in KINDS
    assert dt.date.fromisoformat(version.version)
    assert version.concepts
    assert len(set(version.codes)) == len(version.codes)
    assert all(concept.term.strip() for concept in version.concepts)
    assert RECORDED[version.name, version.version] == version.fingerprint


def test_no_version_that_was_recorded_is_gone():
    assert set(RECORDED) == {(version.name, version.version) for version in EVERY}


@pytest.mark.parametrize("code", sorted({code for version in EVERY for code in version.codes}))
def test_every_code_is_a_concept_of_snomed_ct(code):
    """6 to 18 digits, a partition that means concept (00, or 10 in an extension), and the check digit."""
    assert 6 <= len(code) <= 18
    assert code.isdigit()
    assert not code.startswith("0")
    assert code[-3:-1] in ("00", "10")
    assert has_check_digit(code)


def test_a_code_stands_for_one_thing():
    seen = [(code, version.name) for version in code_lists() for code in version.codes]
    assert len({code for code, _ in seen}) == len(seen)


def test_every_measure_has_its_limits_and_every_limit_its_list():
    listed = {code for version in EVERY if version.kind == "measure" for code in version.codes}
    assert listed == set(MEASURES)
    assert {measure.name for measure in MEASURES.values()} == {v.name for v in code_lists("measure")}


def test_the_newest_version_is_meant_unless_another_is_named():
    newest = versions_of("hypertension")[0]
    assert code_list("hypertension") == newest == code_list("hypertension", newest.version)
    assert newest.codes == ("38341003", "59621000")


def test_a_list_or_version_that_does_not_exist_is_said_by_name():
    with pytest.raises(UnknownCodeList, match="no code list “gout”"):
        code_list("gout")
    with pytest.raises(UnknownCodeList, match="“hypertension” has no version 1999-01-01"):
        code_list("hypertension", "1999-01-01")


TWO_VERSIONS = """
- name: gout
  kind: condition
  versions:
    - version: 2026-01-01
      source: First
      concepts: [{code: "90560007", term: Gout}]
    - version: 2027-01-01
      source: Second
      concepts: [{code: "90560007", term: Gout}, {code: "190828008", term: Gouty arthropathy}]
"""


def test_a_new_version_stands_before_the_old_one_which_stays_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "lists.yaml"
    file.write_text(TWO_VERSIONS)
    monkeypatch.setattr(lists, "FILE", file)
    monkeypatch.setattr(lists, "_read", lists._read.__wrapped__)
    assert [version.version for version in versions_of("gout")] == ["2027-01-01", "2026-01-01"]
    assert code_list("gout").source == "Second"
    assert code_list("gout", "2026-01-01").codes == ("90560007",)
    assert lists.codes_ever("gout") == {"90560007", "190828008"}
    assert code_list("gout").fingerprint != code_list("gout", "2026-01-01").fingerprint


PAGE = "/pcn/dover-town/data/code-lists"


def test_the_page_shows_each_list_with_its_codes_version_source_and_limits(client_of):
    page = client_of("alan").get(PAGE).text
    for version in code_lists():
        assert version.concepts[0].term in page
        assert all(code in page for code in version.codes)
    for words in ("22 November 2026", "OpenSAFELY hypertension-sro", "Kept in mmol/mol. Used from 20 to 200"):
        assert words in page
    assert "33,755 small areas (LSOAs) of 2021" in page


def test_the_page_is_reached_from_the_data_and_read_by_whoever_may_see_cohorts(client_of):
    assert f'href="{PAGE}"' in client_of("alan").get("/pcn/dover-town/data").text
    for who, status in (("mandy", 200), ("clara", 200), ("rita", 200), ("cora", 403), ("mo", 404)):
        assert client_of(who).get(PAGE).status_code == status
