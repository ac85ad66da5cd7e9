"""The stories are the specification of the talk: each one is played through the real understanding."""

from functools import cache
from pathlib import Path

import pytest

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.shelf import Shelf
from nlu.lexicon import Lexicon
from tests.stories.counter import Counter
from tests.stories.story import Story, play, read_stories

HERE = Path(__file__).parent
STORIES = [(path, story) for path in sorted(HERE.glob("*.story")) for story in read_stories(path)]


@cache
def _shop(catalog: str) -> tuple[Shelf, Lexicon]:
    shelf = read_catalog(Path(catalog))
    return shelf, build_lexicon(shelf)


@pytest.mark.parametrize(("path", "story"), STORIES, ids=[f"{path.stem}: {story.title}" for path, story in STORIES])
def test_the_talk_goes_as_the_story_tells(path: Path, story: Story) -> None:
    own = path.with_suffix(".toml")
    shelf, lexicon = _shop(str(own if own.exists() else HERE.parents[1] / "data" / "catalog.demo.toml"))
    play(story, Counter(shelf, lexicon))


def test_there_are_stories_enough_to_be_a_specification() -> None:
    assert len(STORIES) >= 150
