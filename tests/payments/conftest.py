"""One set of credentials, one sandbox and one database for all tests of payments; each test has orders of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Engine

from bot.database import make_engine
from kernel.clock import MovableClock
from sandbox.settings import Credentials
from tests import credentials as shared
from tests.payments.till import NOON, FakeTill, Platform, SandboxTill, Till, sandbox_till


@pytest.fixture(scope="session")
def engine(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[Engine]:
    """A database with every table, kept over the tests: no test looks at an order of another."""
    with new_database() as url:
        engine = make_engine(url, max_overflow=40)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def pay_credentials() -> Credentials:
    return shared.credentials()


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
