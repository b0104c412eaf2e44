"""Attempts to sign in: how many are looked at, from whom, and from known devices."""

import asyncio
import json
from datetime import timedelta

import pytest

from daybook.access.attempts import (
    SignInFailed,
    TooManyAttempts,
    begin_at_provider,
    begin_attempt,
    forget_attempts,
)
from daybook.access.commands import set_password
from daybook.access.cookies import (
    Device,
    device_cookie,
    invitee_cookie,
    invitee_of,
    known_device,
)
from daybook.access.invitations import verify_user
from daybook.access.models import User
from daybook.access.rules import (
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_OF_DEVICE,
    ATTEMPTS_OF_DEVICES,
    ATTEMPTS_OF_EMAIL,
    ATTEMPTS_OF_EMAIL_AND_ADDRESS,
    DEVICE_LIFE,
    INVITEE_LIFE,
    PROVIDER_WAYS_OF_ADDRESS,
    Invitee,
)
from daybook.access.sessions import SignedIn, sign_in
from daybook.db.engine import Database
from daybook.secrets import Secrets, SignaturePurpose
from daybook_filled import filled
from daybook_people import EMAIL, NOON, PASSWORD, member
from daybook_site import SECRET

pytestmark = pytest.mark.anyio

WRONG = "wrong wrong wrong"
SECRETS = Secrets([SECRET.get_secret_value()])


async def attempt(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    password: str = PASSWORD,
    *,
    email: str = EMAIL,
    address: str = "10.0.0.1",
    after: timedelta = timedelta(0),
    device: Device | None = None,
) -> SignedIn:
    return await sign_in(
        database,
        email=email,
        password=password,
        address=address,
        now=NOON + after,
        device=device,
    )


async def device_of(database: Database, user_id: int, id_: str) -> Device:
    """A browser that somebody signed in with as they are now."""
    async with database.reads() as session:
        user = await session.get_one(User, user_id)
    return Device(user_id, user.sign_ins_from, id_)


async def strangers_guess(database: Database) -> None:
    """Use up all attempts on Ada's address, from many places."""
    for number in range(ATTEMPTS_OF_EMAIL):
        await begin_attempt(database, EMAIL, f"10.1.{number}.1", NOON)


async def guessed(database: Database) -> int:
    """The same of a member; her id."""
    user_id = await member(database)
    await strangers_guess(database)
    return user_id


async def end_of(database: Database, **options: object) -> str:
    """How an attempt with a wrong password ends."""
    with pytest.raises(SignInFailed) as failed:
        await attempt(database, WRONG, **options)  # type: ignore[arg-type]
    return type(failed.value).__name__


async def test_attempts_are_throttled_by_address_and_person(database: Database) -> None:
    await member(database)
    for _ in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS):
        with pytest.raises(SignInFailed, match="not right"):
            await attempt(database, "wrong wrong wrong")

    with pytest.raises(TooManyAttempts, match="15 minutes") as refused:
        await attempt(database)
    assert refused.value.wait_seconds == 900
    # Elsewhere the same person is let in: a stranger can't lock them out.
    assert await attempt(database, address="10.0.0.2")
    assert await attempt(database, after=timedelta(minutes=15))


async def test_attempts_at_once_are_counted_before_they_are_looked_at(
    database: Database,
) -> None:
    await member(database)
    tried = await asyncio.gather(
        *(attempt(database, f"guess number {number}") for number in range(20)),
        return_exceptions=True,
    )

    kinds = [type(one).__name__ for one in tried]
    assert kinds.count("SignInFailed") == ATTEMPTS_OF_EMAIL_AND_ADDRESS
    assert kinds.count("TooManyAttempts") == 20 - ATTEMPTS_OF_EMAIL_AND_ADDRESS


async def test_who_signs_in_starts_anew(database: Database) -> None:
    await member(database)
    for _ in range(3):
        for _ in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS - 1):
            with pytest.raises(SignInFailed, match="not right"):
                await attempt(database, "wrong wrong wrong")
        assert await attempt(database)


@pytest.mark.either_database
async def test_ipv6_addresses_of_one_network_are_one_place(database: Database) -> None:
    await member(database)
    for number in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS):
        with pytest.raises(SignInFailed, match="not right"):
            await attempt(database, "wrong wrong wrong", address=f"2001:db8::{number}")

    with pytest.raises(TooManyAttempts):
        await attempt(database, address="2001:db8::ffff")
    assert await attempt(database, address="2001:db8:1::1")


@pytest.mark.either_database
async def test_attempts_that_are_refused_are_not_counted(database: Database) -> None:
    await filled(database, guessed)
    for _ in range(ATTEMPTS_OF_ADDRESS):
        with pytest.raises(TooManyAttempts):
            await attempt(database, address="10.0.0.9")

    # Whoever sits there may sign in as somebody else.
    await member(database, email="bob@example.com")
    assert await attempt(database, address="10.0.0.9", email="bob@example.com")


@pytest.mark.either_database
async def test_what_fails_counts_for_its_own_time(database: Database) -> None:
    await member(database)
    for minute in range(ATTEMPTS_OF_EMAIL_AND_ADDRESS):
        assert await end_of(database, after=timedelta(minutes=minute)) == "SignInFailed"

    with pytest.raises(TooManyAttempts, match="try again in 11 minutes") as refused:
        await attempt(database, after=timedelta(minutes=4))
    assert refused.value.wait_seconds == 660
    assert await attempt(database, after=timedelta(minutes=15))


@pytest.mark.either_database
async def test_strangers_lock_nobody_out_of_a_known_device(database: Database) -> None:
    user_id = await filled(database, guessed)
    with pytest.raises(TooManyAttempts):
        await attempt(database)

    device = await device_of(database, user_id, "her-laptop")

    assert await end_of(database, device=device) == "SignInFailed"
    assert await attempt(database, device=device)
    # And what she does there is no stranger's to use either.
    for _ in range(3):
        for _ in range(ATTEMPTS_OF_DEVICE - 1):
            assert await end_of(database, device=device) == "SignInFailed"
        assert await attempt(database, device=device)


@pytest.mark.either_database
async def test_a_stolen_device_gives_its_own_budget_and_no_more(
    database: Database,
) -> None:
    user_id = await filled(database, guessed)
    stolen = await device_of(database, user_id, "her-laptop")
    ends = [
        await end_of(database, device=stolen, address=f"10.2.{number}.1")
        for number in range(ATTEMPTS_OF_DEVICE + 3)
    ]

    assert ends == ["SignInFailed"] * ATTEMPTS_OF_DEVICE + ["TooManyAttempts"] * 3
    with pytest.raises(TooManyAttempts):  # the right password too
        await attempt(database, device=stolen)
    # Her other device is as it was.
    phone = await device_of(database, user_id, "her-phone")
    assert await attempt(database, device=phone)


@pytest.mark.either_database
async def test_a_device_without_budget_is_treated_as_a_stranger(
    database: Database,
) -> None:
    device = await device_of(database, await member(database), "her-laptop")
    ends = [
        await end_of(database, device=device)
        for _ in range(ATTEMPTS_OF_DEVICE + ATTEMPTS_OF_EMAIL_AND_ADDRESS + 1)
    ]

    assert ends[:-1] == ["SignInFailed"] * (len(ends) - 1)
    assert ends[-1] == "TooManyAttempts"
    assert await attempt(database, device=device, address="10.0.0.2")


@pytest.mark.either_database
async def test_an_old_admin_s_devices_lock_nobody_out(database: Database) -> None:
    user_id = await member(database)
    theirs = [
        await device_of(database, user_id, f"by-link-{number}") for number in range(5)
    ]
    for device in theirs:
        for number in range(ATTEMPTS_OF_DEVICES // 5):
            options = {"device": device, "address": f"10.4.{number}.1"}
            assert await end_of(database, **options) == "SignInFailed"

    # A provider vouches for her: what others began in her name ends.
    await verify_user(database, user_id, NOON)
    await set_password(
        database, 1, user_id=user_id, password=PASSWORD, current=None, now=NOON
    )
    hers = await device_of(database, user_id, "her-laptop")
    await strangers_guess(database)

    for device in theirs:
        assert await end_of(database, device=device) == "TooManyAttempts"
    assert await end_of(database, device=hers) == "SignInFailed"
    assert await attempt(database, device=hers)


@pytest.mark.either_database
async def test_many_devices_give_no_budget_without_end(database: Database) -> None:
    user_id = await filled(database, guessed)
    devices = [
        await device_of(database, user_id, f"made-by-link-{number}")
        for number in range(ATTEMPTS_OF_DEVICES + 2)
    ]
    ends = [await end_of(database, device=device) for device in devices]

    assert ends == ["SignInFailed"] * ATTEMPTS_OF_DEVICES + ["TooManyAttempts"] * 2


async def test_attempts_at_once_on_a_device_are_counted_before(
    database: Database,
) -> None:
    user_id = await filled(database, guessed)
    device = await device_of(database, user_id, "her-laptop")
    tried = await asyncio.gather(
        *(attempt(database, f"guess {number}", device=device) for number in range(12)),
        return_exceptions=True,
    )

    kinds = [type(one).__name__ for one in tried]
    assert kinds.count("SignInFailed") == ATTEMPTS_OF_DEVICE


@pytest.mark.either_database
async def test_a_device_is_nothing_to_another_user(database: Database) -> None:
    await filled(database, guessed)
    bob = await member(database, email="bob@example.com")

    with pytest.raises(TooManyAttempts):
        await attempt(database, device=await device_of(database, bob, "bob-s"))


async def test_ways_to_the_provider_count_by_place(database: Database) -> None:
    for _ in range(PROVIDER_WAYS_OF_ADDRESS):
        taken = await begin_at_provider(database, "2001:db8::1", NOON)

    with pytest.raises(TooManyAttempts, match="15 minutes"):
        await begin_at_provider(database, "2001:db8::2", NOON)
    await begin_at_provider(database, "2001:db8:1::1", NOON)
    await forget_attempts(database, taken, NOON)
    assert await begin_at_provider(database, "2001:db8::2", NOON)


def test_a_browser_is_known_for_a_year_and_keeps_its_budget() -> None:
    first = device_cookie(SECRETS, 7, 1, NOON)
    device = known_device(SECRETS, first, NOON)
    assert device is not None and device.is_of(7, 1)

    again = device_cookie(SECRETS, 7, 1, NOON + timedelta(days=1), device)
    assert known_device(SECRETS, again, NOON) == device
    assert known_device(SECRETS, first, NOON + DEVICE_LIFE) is None
    assert known_device(SECRETS, again, NOON + DEVICE_LIFE) == device
    other = known_device(SECRETS, device_cookie(SECRETS, 8, 1, NOON, device), NOON)
    assert other is not None and other.id != device.id
    later = known_device(SECRETS, device_cookie(SECRETS, 7, 2, NOON, device), NOON)
    assert later == Device(7, 2, device.id) and not later.is_of(7, 1)


def test_a_device_of_an_earlier_version_is_a_stranger() -> None:
    until = int((NOON + DEVICE_LIFE).timestamp())
    signed = SECRETS.sign(SignaturePurpose.DEVICE, json.dumps([7, "her-laptop", until]))

    assert known_device(SECRETS, signed, NOON) is None


def test_cookies_of_another_secret_or_purpose_are_none_of_ours() -> None:
    other = Secrets(["another-secret-of-tests-9876543210-abcdefghijk"])
    device, invitee = device_cookie(SECRETS, 7, 1, NOON), Invitee(7, 1)
    invited = invitee_cookie(SECRETS, invitee, NOON)

    assert invitee_of(SECRETS, invited, NOON) == invitee
    assert invitee_of(SECRETS, invited, NOON + INVITEE_LIFE) is None
    for one in (device, invited, "", "x"):
        assert known_device(other, one, NOON) is None
        assert invitee_of(other, one, NOON) is None
    assert known_device(SECRETS, invited, NOON) is None
    assert invitee_of(SECRETS, device, NOON) is None
