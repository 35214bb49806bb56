"""Which organisation an address names, remembered between requests."""

from dataclasses import dataclass

from tenants.models import organisation_by_slug
from tenants.scope import Acting


@dataclass(frozen=True)
class Known:
    """What never changes of an organisation, so that it may be remembered."""

    id: int
    kind: str
    icb_id: int

    def acting(self, account_id: int) -> Acting:
        """The organisation as the one that acts, through the person with that account."""
        return Acting(self.id, self.id if self.kind == "pcn" else None, self.icb_id, account_id)


_known: dict[tuple[str, str], Known] = {}


def known_organisation(kind: str, slug: str) -> Known | None:
    """The organisation with that slug, from memory where it was met before."""
    if (kind, slug) not in _known:
        found = organisation_by_slug(kind, slug)
        if found is None:
            return None
        _known[kind, slug] = Known(found.id, found.kind, found.icb_id)
    return _known[kind, slug]


def forget_organisations() -> None:
    """Forget remembered organisations (after one is erased, and between tests)."""
    _known.clear()
