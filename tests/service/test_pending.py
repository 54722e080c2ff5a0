import pytest

from serverless_hub.protocol.client_token import ClientIdentity
from serverless_hub.service.pending import Admissions, TooManyPendingError, new_connection_id
from tests.support.clock import ManualClock

ANN = ClientIdentity("ann")
BEN = ClientIdentity("ben")
EVE = ClientIdentity("eve")


@pytest.mark.requirement("transports.id")
def test_no_id_begins_with_a_hyphen_which_command_lines_take_for_an_option() -> None:
    assert not [name for name in (new_connection_id() for _ in range(1000)) if name.startswith("-")]


def test_an_id_is_safe_in_urls_and_has_no_dot_as_the_signature_demands() -> None:
    ids = {new_connection_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(character.isalnum() or character in "-_" for id_ in ids for character in id_)


@pytest.mark.requirement("transports.id.window")
async def test_an_admission_opens_one_connection_once() -> None:
    admissions = Admissions(ManualClock(), 5, 10, 10)
    admission = admissions.admit("chat", ANN, 1)
    assert admissions.take(admission.token, "chat", ANN) is admission
    assert admissions.take(admission.token, "chat", ANN) is None


async def test_in_version_1_the_secret_that_opens_a_connection_is_not_its_public_id() -> None:
    admission = Admissions(ManualClock(), 5, 10, 10).admit("chat", ANN, 1)
    assert admission.token != admission.connection_id


async def test_in_version_0_the_id_opens_the_connection() -> None:
    admission = Admissions(ManualClock(), 5, 10, 10).admit("chat", ANN, 0)
    assert admission.token == admission.connection_id


async def test_an_admission_is_for_its_hub_and_its_user_and_survives_others_who_try() -> None:
    admissions = Admissions(ManualClock(), 5, 10, 10)
    admission = admissions.admit("chat", ANN, 1)
    assert admissions.take(admission.token, "news", ANN) is None
    assert admissions.take(admission.token, "chat", BEN) is None
    assert admissions.take(admission.token, "chat", ANN) is admission


async def test_the_public_id_opens_nothing() -> None:
    admissions = Admissions(ManualClock(), 5, 10, 10)
    admission = admissions.admit("chat", ANN, 1)
    assert admissions.take(admission.connection_id, "chat", ANN) is None


@pytest.mark.requirement("transports.id.window")
async def test_an_admission_ends_by_itself() -> None:
    clock = ManualClock()
    admissions = Admissions(clock, 5, 10, 10)
    first = admissions.admit("chat", ANN, 1)
    await clock.advance(4)
    second = admissions.admit("chat", ANN, 1)
    await clock.advance(1)
    assert admissions.take(first.token, "chat", ANN) is None
    assert admissions.take(second.token, "chat", ANN) is second


async def test_no_more_than_so_many_wait_and_time_makes_room() -> None:
    clock = ManualClock()
    admissions = Admissions(clock, 5, 2, 10)
    admissions.admit("chat", ANN, 1)
    admissions.admit_at_once("chat", BEN)
    with pytest.raises(TooManyPendingError, match="2 clients have not connected yet") as refused:
        admissions.admit("chat", EVE, 1)
    assert not refused.value.own
    await clock.advance(5)
    admissions.admit("chat", EVE, 1)


@pytest.mark.requirement("limits.pending.user")
async def test_one_user_who_floods_shuts_out_nobody_else() -> None:
    clock = ManualClock()
    admissions = Admissions(clock, 5, 10, 3)
    for _ in range(3):
        admissions.admit("chat", ANN, 1)
    with pytest.raises(TooManyPendingError, match="3 clients of one user have not connected yet") as refused:
        admissions.admit("chat", ANN, 1)
    assert refused.value.own
    with pytest.raises(TooManyPendingError, match="3 clients of one user have not connected yet"):
        admissions.admit_at_once("news", ANN)
    admissions.admit("chat", BEN, 1)
    await clock.advance(5)
    admissions.admit("chat", ANN, 1)


async def test_clients_without_a_user_share_half_of_all_places() -> None:
    admissions = Admissions(ManualClock(), 5, 4, 1)
    for _ in range(2):
        admissions.admit("chat", ClientIdentity(), 1)
    with pytest.raises(TooManyPendingError, match="2 clients without a user have not connected yet"):
        admissions.admit("chat", ClientIdentity(), 1)
    admissions.admit("chat", ANN, 1)


async def test_a_client_keeps_its_place_until_its_handshake_is_over() -> None:
    clock = ManualClock()
    admissions = Admissions(clock, 5, 10, 1)
    admission = admissions.admit("chat", ANN, 1)
    assert admissions.take(admission.token, "chat", ANN) is admission
    await clock.advance(5)
    with pytest.raises(TooManyPendingError):
        admissions.admit("chat", ANN, 1)
    admission.leave()
    admission.leave()
    admissions.admit("chat", ANN, 1)
    with pytest.raises(TooManyPendingError):
        admissions.admit("chat", ANN, 1)
