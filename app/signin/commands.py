"""`flask accounts`: what only the people who run the service may do, audited as "Command line"."""

import click
from flask.cli import AppGroup

from app import audit
from app.signin import belonging, credentials, second_factor
from tenants import scope
from tenants.models import Account, Organisation
from tenants.scope import Acting

accounts = AppGroup("accounts", help="Help somebody who works for several organisations back in.")


@accounts.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Let the account of EMAIL set up its authenticator app anew. Make sure first that it is they who ask.

    It is recorded in the organisation that they have belonged to for longest, which also mails them.
    """
    account, organisation = _found(email)
    with audit.by("Command line"):
        outcome = second_factor.reset_for_member(
            organisation, account, "Somebody who runs Oast", anybody=True
        )
    if outcome == second_factor.NOT_SET_UP:
        raise click.ClickException(f"{email} has no second factor. They set it up when they next sign in.")
    click.echo(f"{account.name} sets up a second factor at the next sign-in. We mailed them.")


def _found(email: str) -> tuple[Account, Organisation]:
    with scope.as_acting(scope.NOBODY):
        account = credentials.account_of(email)
    if account is None:
        raise click.ClickException(f"There is no account for {email}.")
    with scope.as_acting(Acting(account=account.id)):
        organisation = belonging.first_joined(account.id)
    if organisation is None:
        raise click.ClickException(f"{email} belongs to no organisation. Somebody must invite them first.")
    return account, organisation
