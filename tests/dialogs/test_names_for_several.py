"""What is called alike and is several things: a size of each kind, an amount of two cards, a length of two memberships,
and a price that looks like a size."""

import pytest

from dialogs.draft import look
from tests.stories.shops import counter_in, lines_after


def _code(shop: str, *said: str) -> str:
    (line,) = lines_after(shop, *said)
    sku = look(line, counter_in(shop).scene.shelf).sku
    return sku.code if sku is not None else ""


@pytest.mark.parametrize("said", ["还是要全套的吧", "改成全套", "还是整套的吧", "换成整套的", "要全套那个"])
@pytest.mark.parametrize(("first", "code"), [("绘画课试听", "P9"), ("绘画课 粤语 试听", "P9Y")])
def test_a_size_that_comes_in_each_language_stays_in_the_one_that_was_chosen(first: str, code: str, said: str) -> None:
    assert _code("叫法", f"{first} 13812345678", said) == code


@pytest.mark.parametrize("said", ["改成粤语的", "要广东话的", "不对 粤语"])
def test_another_language_keeps_the_size_that_comes_in_it(said: str) -> None:
    assert _code("叫法", "绘画课 全套 13812345678", said) == "P9Y"


@pytest.mark.parametrize("said", ["改成粤语的全套", "不对 粤语的全套", "还是全套的粤语吧", "要粤语全套的"])
def test_a_language_and_a_size_in_one_breath_are_both_taken(said: str) -> None:
    assert _code("叫法", "绘画课 试听 13812345678", said) == "P9Y"


@pytest.mark.parametrize("said", ["算了不要文具卡了 我要海外点卡", "换成海外点卡", "文具卡不要了，来张外区卡"])
def test_another_card_is_of_no_area_that_nobody_named(said: str) -> None:
    (line,) = lines_after("叫法", "文具卡100", said)
    assert (line.product, dict(line.options), line.value) == ("abroad", {}, None)


def test_an_amount_goes_with_the_area_it_was_said_for() -> None:
    counter = counter_in("叫法")
    counter.says("海外点卡 大陆100")
    told = counter.says("换欧洲的").text
    assert "欧洲20欧元" in told
    assert "没有" not in told


@pytest.mark.parametrize("said", ["换欧洲的 20", "欧区20的", "要欧洲的 20欧"])
def test_an_area_and_its_amount_are_taken_together(said: str) -> None:
    assert _code("叫法", "海外点卡 大陆100", said) == "AE20"


@pytest.mark.parametrize("said", ["开一年 12个月", "12个月的 一年", "充一年 12个月吧"])
def test_the_answer_to_how_many_months_is_no_other_membership(said: str) -> None:
    (line,) = lines_after("叫法", "听书会员 12345678", said)
    assert (line.product, line.value) == ("hear", 12)


@pytest.mark.parametrize(("said", "months"), [("听书开一年 12345678", 12), ("听书会员 三个月 12345678", 3)])
def test_years_of_what_is_sold_by_the_month_are_months(said: str, months: int) -> None:
    (line,) = lines_after("叫法", said)
    assert line.value == months


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (("延保 1件2年", "就要338那个"), "C35"),
        (("延保 1件2年", "对，就要这个，三百三十八那个，三件的"), "C35"),
        (("延保", "156那个吧"), "C32"),
        (("海外点卡 欧洲的多少钱", "389那个"), "AE50"),
        (("文具卡50", "海外点卡欧洲的多少钱", "158那个"), "AE20"),
        (("文具卡50", "海外点卡欧洲的多少钱", "那就不要文具卡了 换成欧洲20的"), "AE20"),
    ],
)
def test_a_number_that_is_the_price_of_what_was_shown_names_it(said: tuple[str, ...], code: str) -> None:
    assert _code("叫法", *said) == code


@pytest.mark.parametrize("said", ["388行不行", "太贵了 98吧", "98能卖吗"])
def test_a_price_that_is_haggled_about_names_nothing(said: str) -> None:
    assert _code("叫法", "海外点卡 欧洲50", said) == "AE50"


_TO = "成都市武侯区科华北路65号3栋2单元801 周敏 13908081234"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("牛肉干两斤 不要太硬的", "J2S"),
        ("牛肉干2斤，别太硬哈", "J2S"),
        ("牛肉干1斤 硬的不要", "J1S"),
        ("牛肉干2斤 不要太软的", "J2"),
        ("牛肉干2斤 不要半干的", "J2"),
        ("牛肉干2斤 不要太辣的", "J2"),
    ],
)
def test_what_is_refused_does_not_come_as_the_usual_choice(said: str, code: str) -> None:
    assert _code("叫法", f"{said} {_TO}") == code


@pytest.mark.parametrize("said", ["牛肉干2斤 风干的 不要太硬的", "风干2斤牛肉干 不要太硬的", "牛肉干2斤 不要风干的"])
def test_a_choice_that_is_usual_or_named_and_refused_is_asked_for(said: str) -> None:
    counter = counter_in("叫法")
    told = counter.says(f"{said} {_TO}").text
    assert "请选口感" in told


def test_of_three_choices_the_refused_usual_one_is_asked_for() -> None:
    counter = counter_in("叫法")
    assert "请选茶底" in counter.says("冷泡茶两瓶 不要绿茶的").text


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ("不对 是晚上的", "pv"),
        ("改成晚上", "pv"),
        ("不是视频 是上门的", "ah"),
        ("应该是上门的", "ah"),
        ("写错了 我是晚上的 上门", "ph"),
        ("我朋友是晚上的", "av"),
        ("晚上多少钱", "av"),
    ],
)
def test_of_a_choice_made_of_two_parts_one_is_put_right(said: str, way: str) -> None:
    (line,) = lines_after("叫法", "陪练一节 上午视频课 13812345678", said)
    assert line.fields["way"] == way


@pytest.mark.parametrize("said", ["不对 是苹果的", "我是苹果的", "改成苹果的"])
def test_no_buyer_is_shown_what_the_catalog_calls_a_choice_by(said: str) -> None:
    counter = counter_in("叫法")
    counter.says("挂机 苹果微信区 13812345678")
    assert "ios" not in counter.says(said).text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("那个小熊的果篮经典的来1个", "B1"),
        ("星空奢华果篮一个", "B4"),
        ("果篮要奢华的", "B2"),
        ("果篮来个经典款 星空", "B3"),
        ("网盘 全家一起用那种", "N5"),
        ("网盘要一家五口的那个", "N5"),
        ("宏图一百的来2张", "HT100"),
        ("东门店红包60减20 两个 15200001111", "E20"),
    ],
)
def test_a_part_of_what_one_size_alone_is_called_names_it(said: str, code: str) -> None:
    assert _code("叫法", said) == code


@pytest.mark.parametrize("said", ["果篮一个", "果篮 不要奢华的", "网盘 我家人多"])
def test_no_size_is_taken_where_none_is_pointed_at(said: str) -> None:
    assert not _code("叫法", said)


@pytest.mark.parametrize("said", ["先别 我想了下 换成粤语的全套", "先别付 改成全套的粤语"])
def test_a_size_named_beside_another_language_is_not_the_one_that_stood_there(said: str) -> None:
    assert _code("叫法", "绘画课 试听 13812345678", said) in ("P9Y", "")
    assert _code("叫法", "绘画课 试听 13812345678", "确认", said) == "P9Y"


@pytest.mark.parametrize(
    ("shop", "first", "said", "code"),
    [
        (
            "各样",
            "海报小幅一张 寄给吴凯 13017460098 长沙市天心区芙蓉中路三段266号",
            "还有要大幅的 小幅的太寒碜了",
            "PS-B",
        ),
        ("叫法", "风干牛肉干1斤 寄给吴凯 13017460098 长沙市天心区芙蓉中路三段266号", "换成2斤装", "J2"),
        ("叫法", "风干牛肉干1斤 寄给吴凯 13017460098 长沙市天心区芙蓉中路三段266号", "改成2斤装的吧", "J2"),
    ],
)
def test_what_is_packed_so_or_put_in_the_place_of_what_he_refuses_is_the_size(
    shop: str, first: str, said: str, code: str
) -> None:
    assert _code(shop, first, said) == code
    assert _code(shop, first, "确认", said) == code
