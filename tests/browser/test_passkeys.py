"""Passkeys and the second step in Chromium, whose debugger plays the device (CDP WebAuthn)."""

import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from community.kernel.db import db, now, writing
from community.kernel.tenancy import brand_scope
from community.members.models import MemberSession
from tests.browser.server import Server, id_of
from tests.conftest import who
from tests.members.conftest import HASHED, PASSWORD

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NEVER_OFFERS = "delete PublicKeyCredential.isConditionalMediationAvailable"


class Device:
    """A phone or a laptop that unlocks itself; `unlocks(False)` is a stranger's finger."""

    def __init__(self, page: Page):
        self._debugger = page.context.new_cdp_session(page)
        self._debugger.send("WebAuthn.enable", {"enableUI": False})
        made = self._debugger.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self._id = made["authenticatorId"]

    def unlocks(self, willing: bool) -> None:
        self._debugger.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": willing}
        )

    def keys(self) -> list[dict]:
        told = self._debugger.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return told["credentials"]


@pytest.fixture
def people(server: Server) -> None:
    """Ada and the moderator have a password, in both brands."""
    for brand in ("lune", "velora"):
        with server.app.app_context(), writing(), brand_scope(id_of(brand)):
            for username in ("ada", "mod"):
                who(username).password_hash = HASHED
            db.session.commit()


def grow_stale(server: Server, brand: str = "lune") -> None:
    with server.app.app_context(), writing(), brand_scope(id_of(brand)):
        for session in db.session.query(MemberSession):
            session.proven_at = now() - timedelta(hours=1)
        db.session.commit()


def add_passkey(page: Page, server: Server, name: str, brand: str = "lune") -> None:
    page.goto(server.url("/settings/security", brand))
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def sign_in(page: Page, server: Server, username: str = "ada") -> None:
    page.goto(server.url("/login"))
    page.get_by_label("E-mail address").fill(f"{username}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_a_passkey_is_made_named_used_to_sign_in_and_removed(page, server, people, sign_in, brand):
    page.add_init_script(NEVER_OFFERS)  # so that the button is what signs in
    device = Device(page)
    sign_in(page, "ada", brand)
    add_passkey(page, server, "My laptop", brand)
    [key] = device.keys()
    assert (key["rpId"], key["isResidentCredential"]) == (f"{brand}.localhost", True)
    page.get_by_role("link", name="Change My laptop").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem").filter(has_text="Old laptop")).to_be_visible()
    sign_out(page)
    page.goto(server.url("/login?next=/settings/sessions", brand))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    page.goto(server.url("/settings/security", brand))
    page.get_by_role("link", name="Change Old laptop").click()
    page.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_text("The passkey is removed")).to_be_visible()
    expect(page.get_by_role("link", name="Change Old laptop")).to_have_count(0)


def test_a_browser_that_knows_one_offers_it_before_anything_is_typed(page, server, people, sign_in):
    device = Device(page)
    sign_in(page, "ada")
    add_passkey(page, server, "Phone")
    sign_out(page)
    page.goto(server.url("/login"))  # whoever picks it in the address field is in
    expect(page).to_have_url(server.url("/"))
    expect(page.locator(".header-acts summary")).to_be_visible()
    assert len(device.keys()) == 1


def test_what_goes_wrong_is_said_beside_the_button_and_can_be_tried_again(
    page, server, people, sign_in
):
    device = Device(page)
    sign_in(page, "ada")
    page.goto(server.url("/settings/security"))
    button = page.get_by_role("button", name="Add a passkey")
    device.unlocks(False)
    button.click()
    refusal = page.locator("[data-refused]")
    expect(refusal).to_contain_text("No passkey was given")
    expect(button).not_to_have_attribute("aria-busy", "true")
    device.unlocks(True)
    button.click()
    expect(page.get_by_text("Your passkey is saved")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(refusal).to_contain_text("has a passkey for your account already")


def test_without_script_there_is_no_button_that_does_nothing(browse, server, people):
    page = browse(java_script_enabled=False)
    page.goto(server.url("/login"))
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    server.enter(page.context, "ada")
    page.goto(server.url("/settings/security"))
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    expect(page.get_by_text("This browser cannot make passkeys")).to_be_visible()


def test_the_app_the_codes_and_the_second_step_from_end_to_end(page, server, people, axe):
    server.enter(page.context, "ada")
    page.goto(server.url("/settings/security"))
    page.get_by_role("button", name="Set up an app").click()
    expect(page.locator(".qr")).to_be_visible()
    assert page.locator(".qr").evaluate("picture => picture.naturalWidth") > 100
    secret = page.locator(".app-key").inner_text().replace(" ", "")
    assert axe(page) == []
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn the second step on").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    assert axe(page) == []
    sign_out(page)
    sign_in(page, server)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#code-error")).to_contain_text("does not fit")
    page.get_by_role("link", name="I do not have my phone").click()
    page.get_by_label("Code").fill(codes[3].upper())
    page.get_by_role("button", name="Go on").click()
    page.goto(server.url("/settings/security"))
    expect(page.get_by_text("9 unused codes")).to_be_visible()


def test_a_form_survives_the_question_who_one_is(page, server, people, axe):
    """Asked for the password, a passkey or nothing at all: what was chosen is done once."""
    server.enter(page.context, "oli")
    device = Device(page)
    add_passkey(page, server, "Key")
    page.goto(server.url("/m/ada/standing"))
    page.get_by_text("Expert", exact=True).click()
    grow_stale(server)
    page.get_by_role("button", name="Save the role").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    assert axe(page) == []
    assert device.keys()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text(re.compile("The role of Ada is saved"))).to_be_visible()
    with server.app.app_context(), brand_scope(id_of("lune")):
        assert who("ada").role == "expert"
