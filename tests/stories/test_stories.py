"""The stories are the specification of the talk: each one is played through the real understanding."""

from pathlib import Path

import pytest

from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of
from tests.stories.story import Story, play, read_stories

HERE = Path(__file__).parent
STORIES = [(path, story) for path in sorted(HERE.glob("*.story")) for story in read_stories(path)]


@pytest.mark.parametrize(("path", "story"), STORIES, ids=[f"{path.stem}: {story.title}" for path, story in STORIES])
def test_the_talk_goes_as_the_story_tells(path: Path, story: Story) -> None:
    own = path.with_suffix(".toml")
    play(story, Counter(*goods_of(own if own.exists() else DEMO)))


def test_there_are_stories_enough_to_be_a_specification() -> None:
    assert len(STORIES) >= 150
