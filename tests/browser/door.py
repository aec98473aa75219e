"""Coming in as a person does."""

from typing import TYPE_CHECKING

from tests.factories import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page


def sign_in(page: "Page", depot_url: str, user_name: str, path: str = "/") -> "Page":
    page.goto(f"{depot_url}/sign-in/?next={path}")
    page.get_by_label("User name").fill(user_name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{depot_url}{path}")
    return page
