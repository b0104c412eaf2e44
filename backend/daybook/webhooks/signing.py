"""The secrets that sign an endpoint's messages."""

from datetime import datetime

from daybook.secrets import SealPurpose, Secrets
from daybook.webhooks.models import WebhookEndpoint


def present_secret(secrets: Secrets, endpoint: WebhookEndpoint) -> str | None:
    """An endpoint's present secret; None if it can't be decrypted."""
    return secrets.unseal(SealPurpose.WEBHOOK, endpoint.secret)


def signing_secrets(
    secrets: Secrets, endpoint: WebhookEndpoint, now: datetime
) -> list[str]:
    """The present secret and former ones that still sign, newest first.

    Those that can't be decrypted are left out.
    """
    found = [present_secret(secrets, endpoint)]
    former, until = endpoint.former_secret, endpoint.former_until
    if former and until and until > now:
        found += (secrets.unseal(SealPurpose.WEBHOOK, former) or "").split()
    return [secret for secret in found if secret]
