"""`pult webhook`: where events are sent, and what became of them; a secret is shown once."""

from collections.abc import Callable

import click

from agents.webhooks import looking_after
from agents.webhooks.errors import WebhookError
from agents.webhooks.events import EventKind
from agents.webhooks.models import DeliveryState
from config.centre import Centre
from config.terminal import addressed, known_insurer, operator

_INSURER = click.option("--insurer", required=True, help="Of which insurer: vsk, soglasie, rgs, oms, maks.")
_KINDS = ",".join(EventKind)


def webhook_command(make_centre: Callable[[], Centre]) -> click.Group:
    """The group, for `pult` to mount; `make_centre` composes the centre once a command really runs."""

    @click.group(cls=addressed(WebhookError))
    def webhook() -> None:
        """Tell other systems what happens: where to, and what became of it."""

    for add in (_add_endpoints, _add_deliveries):
        add(webhook, make_centre)
    return webhook


def _add_endpoints(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command()
    @_INSURER
    @click.argument("url")
    @click.option("--events", default=_KINDS, show_default=True, help="What to tell, parted by commas.")
    def add(insurer: str, url: str, events: str) -> None:
        """Send events to an address from now on, and show the secret that signs them."""
        added = looking_after.add_endpoint(
            known_insurer(make_centre(), insurer), insurer_id=insurer, url=url, events=_kinds(events), by=operator()
        )
        click.echo(f"{added.endpoint_id}: the secret is {added.secret} (shown once)")

    @group.command("list")
    @_INSURER
    def list_endpoints(insurer: str) -> None:
        """Show where the insurer's events are sent."""
        centre = known_insurer(make_centre(), insurer)
        with centre.database.reading("list_webhooks") as tx:
            rows = looking_after.endpoints_of(tx, insurer)
        for row in rows:
            silent = f", has not answered {row.failures} times in a row" if row.failures else ""
            click.echo(f"{row.id}  {row.url}  {','.join(row.events)}{silent}")

    @group.command()
    @click.argument("endpoint_id")
    def remove(endpoint_id: str) -> None:
        """Send nothing to an endpoint any more."""
        looking_after.remove_endpoint(make_centre(), endpoint_id=endpoint_id, by=operator())
        click.echo(f"{endpoint_id} is told nothing any more")

    @group.command()
    @click.argument("endpoint_id")
    @click.pass_context
    def test(context: click.Context, endpoint_id: str) -> None:
        """Send an event of kind webhook.test now, and show the answer; exit status 1 if it was not taken."""
        sent = looking_after.try_endpoint(make_centre(), endpoint_id)
        click.echo(f"{'taken' if sent.is_taken else 'not taken'}: {sent.answer}")
        context.exit(0 if sent.is_taken else 1)


def _add_deliveries(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command()
    @_INSURER
    @click.option("--state", type=click.Choice([str(one) for one in DeliveryState]), help="Only those.")
    def deliveries(insurer: str, state: str | None) -> None:
        """Show the newest events that were sent or are to be sent, and the last answer to each."""
        centre = known_insurer(make_centre(), insurer)
        with centre.database.reading("list_deliveries") as tx:
            rows = looking_after.deliveries_of(tx, insurer, DeliveryState(state) if state else None)
        for row in rows:
            one = row.delivery
            tried = f"{one.attempts} tries, the last at {one.tried_at:%m-%d %H:%M} UTC" if one.tried_at else "not tried"
            click.echo(f"{one.id}  {one.state:<9}  {row.kind:<21}  {row.url}  {tried}  {one.answer or ''}".rstrip())

    @group.command()
    @click.argument("delivery_id")
    def redeliver(delivery_id: str) -> None:
        """Send an event again, as one that was given up."""
        looking_after.redeliver(make_centre(), delivery_id=delivery_id, by=operator())
        click.echo(f"{delivery_id} will be sent again")


def _kinds(written: str) -> set[EventKind]:
    try:
        return {EventKind(one.strip()) for one in written.split(",")}
    except ValueError:
        raise click.BadParameter(f"--events are some of {_KINDS}") from None
