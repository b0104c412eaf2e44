"""Where links in mail lead."""

from urllib.parse import urlsplit

from daybook.server_address import LOOPBACK, find_address
from daybook.settings import Settings


def site_of(settings: Settings) -> str | None:
    """The address that links in mail begin with; None if no link would work.

    It is the public address, or that of the server which runs here. Messages that leave
    this machine don't name an address that leads to their reader's own machine.
    """
    site = find_address(settings)
    if site is None or settings.public_url or not settings.smtp_url.get_secret_value():
        return site
    return None if urlsplit(site).hostname in LOOPBACK else site
