"""The check of an onboarding description: every fault at once, each at its place."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app.permissions import ROLES
from tenants.described import Fault, load
from tenants.onboarding_check import check, check_file

DOCS = Path(__file__).resolve().parents[2] / "docs" / "onboarding.md"
EXAMPLE = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.S)[0].replace(
    "slug: kent-and-medway", "slug: harbour-icb"
)


def faults_of(source: str) -> list[Fault]:
    return check_file(source, ROLES)[1]


def changed(**parts: Any) -> str:
    """The example with top-level parts replaced."""
    return yaml.safe_dump(load(EXAMPLE)[0] | parts, allow_unicode=True)


@pytest.fixture(autouse=True)
def _in_the_application(app: Flask) -> Any:
    with app.app_context():
        yield


def test_the_example_in_the_documentation_has_no_fault() -> None:
    plan, faults = check_file(EXAMPLE, ROLES)
    assert not faults
    assert plan is not None
    assert plan.pcn is not None
    assert (plan.pcn.code, plan.pcn.settings.send_until.hour) == ("U99950", 18)
    assert plan.partners[0].agreement is not None
    assert plan.partners[0].agreement.ends_on.year == 2027


BAD = """\
icb: {slug: kent-and-medway}
pcn:
  name: 12
  slug: Dover Town
  code: U9990
  settings: {send_from: 18:00, send_until: 9:00, phone: 01304555000, privacy_url: nope}
practices:
  - {code: G82999, name: A}
  - {code: G82999, name: B}
  - {code: I82999, name: C}
  -
manager: {name: M, email: mandy at x}
staff:
  - {name: R, email: r@x.example, role: practise releaser}
  - {name: S, email: r@x.example, role: practice releaser}
  - {name: T, email: t@x.example, role: analyst, practice: G82111}
partners:
  - name: New partner
    slug: new-partner
    sector: charity
    coordinator: {name: Olu}
    services: [{name: A, description: d, who_for: w, capacity: full, reply_days: 99}]
    agreement:
      reference: 1
      lawful_basis: l
      data_classes: [contacts]
      starts_on: 2027-01-01
      ends_on: 2026-02-30
      signed_by: x
surprise: 1
"""


def test_every_fault_is_named_at_once_with_its_line_and_place() -> None:
    found = {(fault.line, fault.place) for fault in faults_of(BAD)}
    assert found == {
        (3, "pcn.name"),
        (4, "pcn.slug"),
        (5, "pcn.code"),
        (6, "pcn.settings.privacy_url"),
        (6, "pcn.settings.send_until"),
        (9, "practices[2].code"),
        (10, "practices[3].code"),
        (11, "practices[4]"),
        (12, "manager.email"),
        (14, "staff[1].role"),
        (15, "staff[2].practice"),
        (16, "staff[3].practice"),
        (20, "partners[1].sector"),
        (21, "partners[1].coordinator.email"),
        (22, "partners[1].services[1].capacity"),
        (22, "partners[1].services[1].reply_days"),
        (24, "partners[1].agreement.reference"),
        (26, "partners[1].agreement.data_classes"),
        (28, "partners[1].agreement.ends_on"),
        (30, "surprise"),
    }


def test_a_fault_says_what_to_write_instead() -> None:
    said = "\n".join(str(fault) for fault in faults_of(BAD))
    assert (
        "line 14, staff[1].role: “practise releaser” is not known here. Did you mean “practice releaser”?"
        in said
    )
    assert "line 5, pcn.code: Write a PCN code: U and 5 digits, like U99901" in said


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "The file is empty"),
        ("icb: [", "not YAML"),
        ("icb: {slug: a\npcn: b: c", "not YAML"),
        ("- one\n- two", "Write icb and pcn here"),
        ("icb: &a {slug: x}\npcn: *a", "references are not taken"),
        ("[" * 5000, "not YAML"),
        ("icb: {slug: a}\nicb: {slug: b}", "twice"),
        ("x" * 1_100_000, "longer than 1 MB"),
        ("icb: {slug: nowhere-yet}", "Add “admin”"),
        ("icb: {slug: dover-town}", "already the address of Dover Town PCN"),
    ],
)
def test_what_is_no_description_gets_one_clear_message(source: str, message: str) -> None:
    faults = faults_of(source)
    assert any(message in str(fault) for fault in faults), [str(fault) for fault in faults]


def test_what_another_organisation_has_is_refused() -> None:
    pcn = {"name": "Another PCN", "slug": "medway-central", "code": "U99901"}
    said = [str(fault) for fault in faults_of(changed(pcn=pcn))]
    assert any(
        "pcn.slug: “medway-central” is already the address of Medway Central PCN" in each for each in said
    )
    assert any("pcn.code: “U99901” is already the code of Dover Town PCN" in each for each in said)


def test_an_agreement_that_ends_before_it_starts_is_refused() -> None:
    partners = load(EXAMPLE)[0]["partners"]
    partners[0]["agreement"] |= {"starts_on": "2027-01-02", "ends_on": "2027-01-01"}
    assert [f.place for f in faults_of(changed(partners=partners))] == ["partners[1].agreement.ends_on"]


def test_practices_without_a_pcn_are_refused() -> None:
    document = {"icb": {"slug": "kent-and-medway"}, "practices": [{"code": "G82999", "name": "A"}]}
    assert [fault.place for fault in check(document, ROLES)[1]] == ["practices"]


def test_for_an_icb_admin_everything_must_be_new_and_the_icb_must_be_there() -> None:
    pcn = {"name": "Dover Town PCN", "slug": "dover-town", "code": "U99901"}
    document: dict[str, Any] = {
        "icb": {"slug": "kent-and-medway"},
        "pcn": pcn,
        "practices": [{"code": "G82999", "name": "A"}],
        "manager": {"name": "M", "email": "m@x.example"},
    }
    assert check(document, ROLES)[1] == []
    assert [fault.place for fault in check(document, ROLES, anew=True)[1]] == ["pcn.slug"]
    document["icb"] = {"slug": "nowhere"}
    assert "icb.slug" in [fault.place for fault in check(document, ROLES, anew=True)[1]]
