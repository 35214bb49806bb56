"""Who may do what.

One table of role × permission. Views say what they need with `@requires`, `@signed_in` or `@public`;
templates ask `can(...)`. A rule that depends on the state of a row stands in its room's `rules.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from werkzeug.exceptions import Forbidden

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """Each permission, worded to follow "You may not …"."""

    SEE_TODAY = "see today's work"
    SEE_PROGRAMMES = "see programmes"
    RUN_PROGRAMMES = "start or run programmes"
    BRING_IN_DATA = "bring in data"
    SEE_SOURCES = "see where data comes from"
    MANAGE_SOURCES = "register sources and their agreements"
    SEE_QUEUE = "see what waits to be linked"
    LINK_PEOPLE = "decide whom a row of a list is about"
    SEE_COHORTS = "see cohorts"
    DEFINE_COHORTS = "define cohorts"
    RELEASE_PEOPLE = "release a practice's people"
    SEE_PEOPLE = "see who people are"
    SCREEN_PEOPLE = "screen people"
    SEE_OUTREACH = "see outreach"
    BUILD_BATCHES = "build batches"
    APPROVE_BATCHES = "approve batches"
    READ_MESSAGES = "read messages sent to people"
    MAKE_CALLS = "make calls"
    ENTER_CHOICES = "enter what people ask of us"
    LIFT_HOLDS = "lift holds"
    ACT_ON_ALERTS = "act on what was heard on calls"
    ACT_ON_CONCERNS = "act on concerns about somebody's health or safety"
    HOLD_CONVERSATIONS = "hold conversations"
    SEND_REFERRALS = "send referrals"
    SEE_REFERRALS = "see referrals"
    SEE_LIBRARY = "see the library"
    WRITE_LIBRARY = "write in the library"
    APPROVE_LIBRARY = "approve what is in the library"
    PUBLISH_LIBRARY = "publish from the library"
    READ_FOR_PATIENTS = "read messages for the patient council"
    SEE_LEARNING = "see learning"
    WRITE_LEARNING = "write learning pages"
    MANAGE_STAFF = "manage staff"
    SEE_SETTINGS = "see settings"
    MANAGE_SETTINGS = "change settings"
    SEE_WORK = "see background work"
    SEE_ACTIVITY = "see who did what"
    SEE_ALL_ACTIVITY = "see who did what with people of other practices"
    SEE_INBOX = "see the inbox"
    ANSWER_REFERRALS = "answer referrals"
    OFFER_SERVICES = "change services"
    SEE_OVERVIEW = "see the overview"
    ONBOARD = "onboard organisations"


P = Permission

ROLES: dict[str, tuple[str, ...]] = {
    "icb": ("ICB admin",),
    "pcn": (
        "PCN manager",
        "clinician",
        "care coordinator",
        "social prescribing link worker",
        "health and wellbeing coach",
        "practice releaser",
        "analyst",
        "patient council member",
    ),
    "partner": ("partner coordinator", "partner worker"),
}

_SHARED = {P.SEE_LIBRARY, P.SEE_LEARNING}
_PCN = _SHARED | {P.SEE_TODAY, P.SEE_PROGRAMMES}
_CARE_TEAM = _PCN | {
    P.SEE_PEOPLE,
    P.SEE_OUTREACH,
    P.READ_MESSAGES,
    P.MAKE_CALLS,
    P.ENTER_CHOICES,
    P.HOLD_CONVERSATIONS,
    P.SEND_REFERRALS,
    P.SEE_REFERRALS,
}

# To tell two people apart one must see who they are: so those who bring in the lists do not decide.
_LINKS = {P.SEE_QUEUE, P.LINK_PEOPLE}

TABLE: dict[str, frozenset[Permission]] = {
    "ICB admin": frozenset(
        _SHARED
        | {
            P.SEE_OVERVIEW,
            P.ONBOARD,
            P.WRITE_LIBRARY,
            P.APPROVE_LIBRARY,
            P.PUBLISH_LIBRARY,
            P.MANAGE_STAFF,
            P.SEE_SETTINGS,
            P.SEE_ACTIVITY,
            P.SEE_ALL_ACTIVITY,
            P.SEE_WORK,
        }
    ),
    "PCN manager": frozenset(
        _PCN
        | {
            P.RUN_PROGRAMMES,
            P.SEE_SOURCES,
            P.MANAGE_SOURCES,
            P.SEE_QUEUE,
            P.SEE_COHORTS,
            P.DEFINE_COHORTS,
            P.SEE_OUTREACH,
            P.BUILD_BATCHES,
            P.APPROVE_BATCHES,
            P.SEE_REFERRALS,
            P.WRITE_LIBRARY,
            P.APPROVE_LIBRARY,
            P.PUBLISH_LIBRARY,
            P.WRITE_LEARNING,
            P.MANAGE_STAFF,
            P.SEE_SETTINGS,
            P.MANAGE_SETTINGS,
            P.SEE_WORK,
            P.SEE_ACTIVITY,
            P.SEE_ALL_ACTIVITY,
        }
    ),
    "clinician": frozenset(
        _CARE_TEAM
        | _LINKS
        | {P.SEE_COHORTS, P.SCREEN_PEOPLE, P.APPROVE_BATCHES, P.APPROVE_LIBRARY}
        | {P.LIFT_HOLDS, P.ACT_ON_ALERTS, P.ACT_ON_CONCERNS}
    ),
    "care coordinator": frozenset(_CARE_TEAM | _LINKS | {P.BUILD_BATCHES}),
    "social prescribing link worker": frozenset(_CARE_TEAM),
    "health and wellbeing coach": frozenset(_CARE_TEAM),
    "practice releaser": frozenset(_PCN | {P.RELEASE_PEOPLE, P.SEE_COHORTS, P.SEE_ACTIVITY, P.ACT_ON_ALERTS}),
    "analyst": frozenset(
        _PCN | {P.BRING_IN_DATA, P.SEE_SOURCES, P.SEE_QUEUE, P.SEE_COHORTS, P.DEFINE_COHORTS, P.SEE_OUTREACH}
    ),
    "patient council member": frozenset(_SHARED | {P.SEE_TODAY, P.READ_FOR_PATIENTS}),
    "partner coordinator": frozenset(
        _SHARED | {P.SEE_INBOX, P.ANSWER_REFERRALS, P.OFFER_SERVICES, P.MANAGE_STAFF, P.SEE_SETTINGS}
    ),
    "partner worker": frozenset(_SHARED | {P.SEE_INBOX}),
}


@dataclass(frozen=True)
class Access:
    """What a route asks of who comes: nothing (`why` says why), a sign-in, or a permission."""

    kind: str
    permission: Permission | None = None
    why: str = ""


def requires(permission: Permission) -> Callable[[View], View]:
    """The route is for members of the organisation in its address who hold `permission`."""
    return _declare(Access("member", permission))


def signed_in(view: View) -> View:
    """The route is for anybody signed in."""
    return _declare(Access("signed in"))(view)


def public(why: str) -> Callable[[View], View]:
    """The route needs no sign-in; `why` says what makes that safe."""
    return _declare(Access("public", why=why))


def _declare(access: Access) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return declare


def permissions_of(roles: frozenset[str]) -> frozenset[Permission]:
    """All that the holder of `roles` may do."""
    return frozenset(permission for role in roles for permission in TABLE.get(role, frozenset()))


def roles_with(permission: Permission) -> list[str]:
    """The roles whose holders may do `permission`."""
    return [role for role, held in TABLE.items() if permission in held]


def check(held: frozenset[Permission], permission: Permission) -> None:
    """Raises Forbidden, with a sentence for the person, unless `permission` is among those held."""
    if permission not in held:
        raise Forbidden(f"Your role does not let you {permission.value}.")
