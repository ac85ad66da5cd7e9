"""One set of credentials and one sandbox for all tests of payments."""

from collections.abc import Iterator

import pytest
from till import NOON, FakeTill, Platform, SandboxTill, Till, sandbox_till

from kernel.clock import MovableClock
from sandbox.settings import Credentials, new_credentials


@pytest.fixture(scope="session")
def pay_credentials() -> Credentials:
    return new_credentials()


@pytest.fixture
def platform(pay_credentials: Credentials) -> Platform:
    return Platform(pay_credentials)


@pytest.fixture(scope="session")
def _sandbox(pay_credentials: Credentials) -> Iterator[SandboxTill]:
    with sandbox_till(pay_credentials) as till:
        yield till


@pytest.fixture
def wechat(_sandbox: SandboxTill) -> SandboxTill:
    """The real gateway before a sandbox without faults."""
    _sandbox.faults(pay=None, notice=None, refund=None, bills_at_once=False)
    return _sandbox


@pytest.fixture(params=["fake", "sandbox"])
def till(request: pytest.FixtureRequest) -> Till:
    """The port's contract holds for both."""
    if request.param == "fake":
        return FakeTill(MovableClock(NOON))
    made: Till = request.getfixturevalue("wechat")
    return made
