"""Of several lines each its own, in one message."""

import pytest

from tests.stories.shops import lines_after

_CARS = "洗车两台 一台SUV 一台轿车"
_THREE = "星屿60星钻 12345678\n星屿月卡 23456789\n星屿328星钻 34567890"


@pytest.mark.parametrize(
    "said",
    [
        "suv是苏E66A88 轿车苏E3M12K 都停在苏州市工业园区旺墩路158号",
        "轿车苏E3M12K，suv苏E66A88，停在苏州市工业园区旺墩路158号",
        "苏E66A88是suv的 苏E3M12K是轿车的 停苏州市工业园区旺墩路158号",
    ],
)
def test_each_plate_goes_to_its_car_and_the_place_to_both(said: str) -> None:
    given = {
        line.options["car"]: (line.fields["plate"], line.fields["place"]) for line in lines_after("路上", _CARS, said)
    }
    place = "苏州市工业园区旺墩路158号"
    assert given == {"suv": ("苏E66A88", place), "sedan": ("苏E3M12K", place)}


@pytest.mark.parametrize(
    ("said", "areas"),
    [
        ("月卡西岭 其他东风", ["east", "west", "east"]),
        ("第一个东风 后面两个西岭", ["east", "west", "west"]),
        ("前面两个东风 最后一个西岭", ["east", "east", "west"]),
        ("都是东风", ["east", "east", "east"]),
        ("不要东风 要西岭", ["west", "west", "west"]),
    ],
)
def test_each_line_gets_the_choice_said_for_it(said: str, areas: list[str]) -> None:
    assert [line.fields.get("area") for line in lines_after("games", _THREE, said)] == areas


def test_where_nobody_knows_which_each_is_asked_by_itself() -> None:
    said = "我和我弟是东风 我老婆的是西岭"
    assert [line.fields.get("area") for line in lines_after("games", _THREE, said)] == [None, None, None]
    assert [line.fields.get("area") for line in lines_after("games", _THREE, said, "西岭")] == ["west", None, None]
    answers = ("东风", "西岭", "东风")
    assert [line.fields.get("area") for line in lines_after("games", _THREE, said, *answers)] == [
        "east",
        "west",
        "east",
    ]
