"""`community member …`: what is changed about somebody from the server."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from community.members import privacy, roles, second_factor
from community.members.models import Member, Role

Changing = Callable[[str, str], AbstractContextManager[Member]]
"""Finds a member by brand and user name, and keeps what is changed when nothing refuses it."""


def add_to(group: click.Group, changing: Changing, brand_option) -> None:
    """Add the commands about one member to `community member`."""

    @group.command("role")
    @brand_option
    @click.argument("username")
    @click.argument("role", type=click.Choice([role.value for role in Role]))
    def role_(slug, username, role):
        """Give a member another role."""
        with changing(slug, username) as member:
            roles.set_role(member, Role(role))
        click.echo(f"{slug}: {username} is a {role} now")

    @group.command("unlock")
    @brand_option
    @click.argument("username")
    def unlock(slug, username):
        """Remove the second step and passkeys of who has lost phone and recovery codes."""
        with changing(slug, username) as member:
            second_factor.take_away(member)
        click.echo(f"{slug}: {username} signs in with the password alone now")

    @group.command("erase")
    @brand_option
    @click.argument("username")
    @click.option("--posts/--keep-posts", default=False, help="Remove what they wrote too.")
    @click.confirmation_option(prompt="This cannot be undone. Erase this person?")
    def erase(slug, username, posts):
        """Forget a person: who they were goes, what they wrote stays without a name."""
        with changing(slug, username) as member:
            privacy.forget(member, removes_posts=posts)
        click.echo(f"{slug}: {username} is erased")
