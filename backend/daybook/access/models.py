"""Tables of users and keys, and of sessions and links in the runtime store."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
)
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    Base,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.ledger.models import LEAN, Organisation


class User(Base):
    """A person who signs in, identified by their address in lower case."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "email", unique=True),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(PlainText)
    name: Mapped[str] = mapped_column(PlainText)
    password_hash: Mapped[str | None] = mapped_column(PlainText)
    """None until they have chosen a password."""
    sign_ins_from: Mapped[int] = mapped_column(Integer, default=1)
    """Sessions with a lower number have ended, for example by a new password."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a provider first vouched for the address; None before. Credentials that were
    set earlier, through links that an admin made, ended then."""
    mail_format: Mapped[int] = mapped_column(SmallNumber, default=2, server_default="2")
    """A `MailFormat`: both forms, unless they want text alone."""
    mail_events: Mapped[int] = mapped_column(SmallNumber, default=7, server_default="7")
    """The `MailEvents` that they are told: all, unless they say otherwise."""


class Membership(Base):
    """A user's role in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role BETWEEN 1 AND 4", "role_is_known"),
        Index(None, "user_id"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey(Organisation.id), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    role: Mapped[int] = mapped_column(SmallNumber)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while it is only an invitation, which grants nothing."""
    name: Mapped[str | None] = mapped_column(PlainText)
    """What the organisation calls them; None where an earlier version invited them."""


class ApiKey(Base):
    """A program's key; only its hash is stored."""

    __tablename__ = "api_keys"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        Index(None, "key_hash", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    ending: Mapped[str] = mapped_column(PlainText)
    """The key's last characters, so that people can tell keys apart."""
    permissions: Mapped[int] = mapped_column(SmallNumber)
    created_by: Mapped[str | None] = mapped_column(PlainText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebSession(RuntimeBase):
    """A signed-in user's session, by the hash of the cookie's token."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer)
    organisation_id: Mapped[int] = mapped_column(Number)
    sign_ins_from: Mapped[int] = mapped_column(Integer)
    """The user's `sign_ins_from` when they signed in."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInLink(RuntimeBase):
    """A link that signs a user in once, by the hash of its token."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer)
    organisation_id: Mapped[int] = mapped_column(Number)
    sign_ins_from: Mapped[int] = mapped_column(Integer)
    """The user's `sign_ins_from` when it was made: a new password ends the link."""
    is_operators: Mapped[bool] = mapped_column()
    """Whether an operator made it at the server, who may let anybody in."""
    permissions: Mapped[int | None] = mapped_column(SmallNumber)
    """The permissions of its maker: the link lets nobody in who has more. None if an
    earlier version made it."""
    maker_id: Mapped[int | None] = mapped_column(Integer)
    """The user who made it; None for a key's, an operator's and an earlier version's.
    It also opens invitations of other organisations that they administer."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderSignIn(RuntimeBase):
    """A sign-in under way at an OpenID Connect provider, by the hash of its state."""

    __tablename__ = "provider_sign_ins"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    nonce: Mapped[str] = mapped_column(PlainText)
    verifier: Mapped[str] = mapped_column(PlainText)
    back_to: Mapped[str] = mapped_column(PlainText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
