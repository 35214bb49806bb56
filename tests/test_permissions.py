"""Who may do what, written down a second time: a change to the table is a change here too.

Columns: ICB admin; PCN manager; clinician; care coordinator, social prescribing link worker and health and
wellbeing coach (the care team); practice releaser; analyst; patient council member; partner coordinator;
partner worker.
"""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import Forbidden

from app.permissions import ROLES, TABLE, Permission, check, permissions_of
from tests.world import PEOPLE

ROOT = Path(__file__).resolve().parents[1]

COLUMNS: tuple[tuple[str, ...], ...] = (
    ("ICB admin",),
    ("PCN manager",),
    ("clinician",),
    ("care coordinator",),
    ("social prescribing link worker", "health and wellbeing coach"),
    ("practice releaser",),
    ("analyst",),
    ("patient council member",),
    ("partner coordinator",),
    ("partner worker",),
)

INTENDED = """
                    icb man cli coo car rel ana pat par wor
SEE_TODAY           -   yes yes yes yes yes yes yes -   -
SEE_PROGRAMMES      -   yes yes yes yes yes yes -   -   -
RUN_PROGRAMMES      -   yes -   -   -   -   -   -   -   -
BRING_IN_DATA       -   -   -   -   -   -   yes -   -   -
SEE_SOURCES         -   yes -   -   -   -   yes -   -   -
MANAGE_SOURCES      -   yes -   -   -   -   -   -   -   -
SEE_QUEUE           -   yes yes yes -   -   yes -   -   -
LINK_PEOPLE         -   -   yes yes -   -   -   -   -   -
SEE_COHORTS         -   yes yes -   -   yes yes -   -   -
DEFINE_COHORTS      -   yes -   -   -   -   yes -   -   -
RELEASE_PEOPLE      -   -   -   -   -   yes -   -   -   -
SEE_PEOPLE          -   -   yes yes yes -   -   -   -   -
SCREEN_PEOPLE       -   -   yes -   -   -   -   -   -   -
SEE_OUTREACH        -   yes yes yes yes -   yes -   -   -
BUILD_BATCHES       -   yes -   yes -   -   -   -   -   -
APPROVE_BATCHES     -   yes yes -   -   -   -   -   -   -
READ_MESSAGES       -   -   yes yes yes -   -   -   -   -
MAKE_CALLS          -   -   yes yes yes -   -   -   -   -
ACT_ON_ALERTS       -   -   yes -   -   yes -   -   -   -
ACT_ON_CONCERNS     -   -   yes -   -   -   -   -   -   -
ENTER_CHOICES       -   -   yes yes yes -   -   -   -   -
LIFT_HOLDS          -   -   yes -   -   -   -   -   -   -
HOLD_CONVERSATIONS  -   -   yes yes yes -   -   -   -   -
SEND_REFERRALS      -   -   yes yes yes -   -   -   -   -
SEE_REFERRALS       -   yes yes yes yes -   -   -   -   -
SEE_LIBRARY         yes yes yes yes yes yes yes yes yes yes
WRITE_LIBRARY       yes yes -   -   -   -   -   -   -   -
APPROVE_LIBRARY     yes yes yes -   -   -   -   -   -   -
PUBLISH_LIBRARY     yes yes -   -   -   -   -   -   -   -
READ_FOR_PATIENTS   -   -   -   -   -   -   -   yes -   -
SEE_LEARNING        yes yes yes yes yes yes yes yes yes yes
WRITE_LEARNING      -   yes -   -   -   -   -   -   -   -
MANAGE_STAFF        yes yes -   -   -   -   -   -   yes -
SEE_SETTINGS        yes yes -   -   -   -   -   -   yes -
MANAGE_SETTINGS     -   yes -   -   -   -   -   -   -   -
SEE_WORK            yes yes -   -   -   -   -   -   -   -
SEE_ACTIVITY        yes yes -   -   -   yes -   -   -   -
SEE_ALL_ACTIVITY    yes yes -   -   -   -   -   -   -   -
SEE_INBOX           -   -   -   -   -   -   -   -   yes yes
ANSWER_REFERRALS    -   -   -   -   -   -   -   -   yes -
OFFER_SERVICES      -   -   -   -   -   -   -   -   yes -
SEE_OVERVIEW        yes -   -   -   -   -   -   -   -   -
ONBOARD             yes -   -   -   -   -   -   -   -   -
"""


def _intended() -> dict[tuple[str, str], bool]:
    lines = [line.split() for line in INTENDED.strip().splitlines()[1:]]
    return {
        (role, name): answer == "yes"
        for name, *answers in lines
        for roles, answer in zip(COLUMNS, answers, strict=True)
        for role in roles
    }


CASES = _intended()


def test_the_table_here_names_every_role_and_every_permission() -> None:
    roles = {role for group in ROLES.values() for role in group}
    assert set(CASES) == {(role, permission.name) for role in roles for permission in Permission}
    assert set(TABLE) == roles


@pytest.mark.parametrize(("role", "name"), CASES)
def test_a_role_may_do_what_is_intended_and_nothing_else(role: str, name: str) -> None:
    permission = Permission[name]
    held = permissions_of(frozenset({role}))
    assert (permission in held) == CASES[role, name]
    if CASES[role, name]:
        check(held, permission)
    else:
        with pytest.raises(Forbidden, match=f"Your role does not let you {permission.value}"):
            check(held, permission)


def test_only_those_who_may_see_who_people_are_may_link_rows_to_them() -> None:
    for role in TABLE:
        held = permissions_of(frozenset({role}))
        assert Permission.LINK_PEOPLE not in held or Permission.SEE_PEOPLE in held, role


def test_several_roles_may_do_what_each_of_them_may() -> None:
    both = permissions_of(frozenset({"analyst", "practice releaser"}))
    assert both == permissions_of(frozenset({"analyst"})) | permissions_of(frozenset({"practice releaser"}))


def test_no_role_and_an_unknown_role_may_do_nothing() -> None:
    assert permissions_of(frozenset()) == frozenset()
    assert permissions_of(frozenset({"PCN MANAGER", "owner"})) == frozenset()


def test_nobody_who_may_see_who_people_are_may_also_bring_in_or_define_them() -> None:
    """Analysts work with pseudonyms; those who contact people do not choose who is contacted."""
    for role in TABLE:
        held = permissions_of(frozenset({role}))
        assert not {Permission.SEE_PEOPLE, Permission.BRING_IN_DATA} <= held, role
        assert not {Permission.SEE_PEOPLE, Permission.DEFINE_COHORTS} <= held, role


def test_each_role_has_somebody_in_the_world_of_the_tests() -> None:
    assert {role for _, _, role in PEOPLE if role} == set(TABLE)


# Only the table decides.

TEMPLATES = sorted((ROOT / "templates").rglob("*.jinja"))
ASKED = re.compile(r"""\bcan\(\s*["']([^"']+)["']""")
DECIDED_BY_ROLE = re.compile(r"{%-?\s*(?:el)?if[^%]*\b(?:roles|role)\b|\bif [^%}]*\bhere\.roles\b")
# What these ask of a role is a fact about the person, not what they may do.
SHOWS_THE_ROLES = {"layouts/page.jinja"}


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: str(page.relative_to(ROOT / "templates")))
def test_a_template_asks_for_permissions_that_exist_and_never_decides_by_role(page: Path) -> None:
    text = page.read_text()
    assert set(ASKED.findall(text)) <= {permission.name for permission in Permission}
    if str(page.relative_to(ROOT / "templates")) not in SHOWS_THE_ROLES:
        assert not DECIDED_BY_ROLE.search(text)


# A form that invites asks which role was chosen: a practice releaser belongs to a practice.
ASKS_WHICH_ROLE = {"network/forms.py"}


def _compared(path: Path) -> set[Any]:
    """The texts that the source compares something with."""
    compared = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Compare)]
    return {
        below.value
        for node in compared
        for below in ast.walk(node)
        if isinstance(below, ast.Constant) and isinstance(below.value, str)
    }


@pytest.mark.parametrize(
    "path", sorted((ROOT / "app").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT / "app"))
)
def test_a_room_never_decides_by_the_name_of_a_role(path: Path) -> None:
    asks = str(path.relative_to(ROOT / "app")) in ASKS_WHICH_ROLE
    assert bool(_compared(path) & set(TABLE)) == asks
