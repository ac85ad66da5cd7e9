"""Talks that are read back by whoever wrote them."""

from bot.at_hand import KEPT_MAX, AtHand
from dialogs.state import Collecting, Dialog, DraftLine

TALK = Dialog(Collecting((DraftLine("huafei", value=100),), 0, "account"))


def test_what_was_written_is_read_back_without_reading() -> None:
    talks = AtHand()
    assert talks.read(talks.write(TALK)) is TALK


def test_what_another_process_wrote_is_read() -> None:
    mine, others = AtHand(), AtHand()
    mine.write(TALK)
    later = Dialog(Collecting((DraftLine("huafei", value=50),), 0, "account"))
    assert mine.read(others.write(later)) == later
    assert mine.read(None) == Dialog()
    assert mine.read("broken") == Dialog()


def test_the_oldest_goes_when_there_is_no_more_room() -> None:
    talks = AtHand()
    written = [Dialog(misses=misses) for misses in range(KEPT_MAX + 1)]
    stored = [talks.write(dialog) for dialog in written]
    assert talks.read(stored[0]) == written[0]
    assert talks.read(stored[0]) is not written[0]
    assert talks.read(stored[1]) is written[1]
