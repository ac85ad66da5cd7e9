"""Texts that a buyer gives: what they hold, and what of a message is none of them."""

import pytest

from tests.stories.shops import counter_in, lines_after

_SHOP = "写给谁"
_BILL = "电视费 80 卡号660012884"
_FILM = "钢化膜 防窥的 成都市武侯区科华北路65号 周敏 13908081234"
_JADE = "云梦60玉石"
_FIX = "修电脑 重装"
_PHOTO = "老照片 上色 abc123@qq.com"
_JOB = "求职信 全套"


@pytest.mark.parametrize("said", ["不是80 是120", "充错了 应该交120", "金额不对 应该是120"])
def test_an_amount_put_right_is_no_text(said: str) -> None:
    (line,) = lines_after(_SHOP, _BILL, said)
    assert (line.value, dict(line.fields)) == (120, {"account": "660012884"})


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ((_BILL, "卡号写错了 是660012885"), {"account": "660012885"}),
        ((_FILM, "门牌写错啦 是科华北路68号"), {"address": "成都市武侯区科华北路68号 周敏 13908081234"}),
        ((_FILM, "电话错了 是13908085678"), {"address": "成都市武侯区科华北路65号 周敏 13908085678"}),
    ],
)
def test_what_is_held_is_put_right_while_a_text_is_asked_for(said: tuple[str, ...], fields: dict[str, str]) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert dict(line.fields) == fields


@pytest.mark.parametrize("said", ["不是防窥 要高清的", "种类选错了 是高清"])
def test_a_choice_is_put_right_while_a_text_is_asked_for(said: str) -> None:
    (line,) = lines_after(_SHOP, _FILM, said)
    assert (line.options, "model" in line.fields) == ({"kind": "clear"}, False)


@pytest.mark.parametrize("first", [_BILL, _FILM, _JADE])
@pytest.mark.parametrize(
    "said",
    [
        "好的我要",
        "嗯嗯比他便宜 我要",
        "我找不到在哪看",
        "编号多少我忘了，等会儿给你",
        "晚点发你",
        "我去看一下",
        "我问下我老公",
    ],
)
def test_talk_and_delays_are_no_text(first: str, said: str) -> None:
    (before,), (after,) = lines_after(_SHOP, first), lines_after(_SHOP, first, said)
    assert after == before


def test_who_will_give_it_later_is_not_told_that_he_was_not_understood() -> None:
    counter = counter_in(_SHOP)
    counter.says(_JADE)
    told = counter.says("等会儿给你").text
    assert "没看懂" not in told
    assert "角色编号" in told


def test_an_address_that_comes_later_is_waited_for() -> None:
    counter = counter_in(_SHOP)
    counter.says("钢化膜 防窥 iPhone 15")
    told = counter.says("地址等会儿发你").text
    assert "没看懂" not in told
    assert "收货地址" in told


@pytest.mark.parametrize("name", ["我是谁我在哪", "忘忧草", "晚风", "等风来", "好运来"])
def test_a_name_may_sound_like_talk(name: str) -> None:
    (line,) = lines_after(_SHOP, _JADE, "30581122", name)
    assert line.fields["realm"] == name


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ((_JOB, "jane.wu@outlook.com", "会计啊 刚说了"), "job", "会计"),
        ((_JOB, "jane.wu@outlook.com", "会计 上面写了的呀"), "job", "会计"),
        ((_JOB, "jane.wu@outlook.com", "会计", "岗位写出纳就行 别带会计两个字"), "job", "出纳"),
        (("陪练2小时", "今晚8点 刚写了的"), "when", "今晚8点"),
        (("陪练2小时", "明天下午3点以后"), "when", "明天下午3点以后"),
        ((_FILM, "Mate 60", "型号写错了 是Mate60 Pro"), "model", "Mate60 Pro"),
        ((_FILM, "iPhone 15", "型号没改啊 是iPhone 15 Pro"), "model", "iPhone 15 Pro"),
        ((_FILM, "iPhone 15", "手机型号：iPhone 15 Pro"), "model", "iPhone 15 Pro"),
        ((_FILM, "iphone15 就行"), "model", "iphone15"),
        ((_PHOTO, "脸修清楚点 背景别动 要求就这些"), "note", "脸修清楚点 背景别动"),
        ((_PHOTO, "修的时候脸清楚点 修图要求就这个"), "note", "脸清楚点"),
    ],
)
def test_what_is_said_around_a_text_is_no_part_of_it(said: tuple[str, ...], name: str, value: str) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert line.fields[name] == value


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (
            (_JADE, "编号是30581122 区服紫禁之巅 角色名叫小鱼"),
            {"account": "30581122", "realm": "紫禁之巅", "role": "小鱼"},
        ),
        (
            (_JADE, "角色名小鱼，区服叫紫禁之巅，编号30581122"),
            {"account": "30581122", "realm": "紫禁之巅", "role": "小鱼"},
        ),
        ((f"{_JADE} 编号30581122 区服紫禁之巅",), {"account": "30581122", "realm": "紫禁之巅"}),
        ((_JADE, "30581122", "紫禁之巅 角色名是小鱼"), {"account": "30581122", "realm": "紫禁之巅", "role": "小鱼"}),
        (("陪练2小时", "什么时候开始:今晚9点 昵称:小鱼干"), {"when": "今晚9点", "nick": "小鱼干"}),
        (("陪练2小时", "今晚8点 昵称小鱼干"), {"when": "今晚8点", "nick": "小鱼干"}),
        (("陪练2小时", "明天下午3点开始 我叫小鱼干"), {"when": "明天下午3点", "nick": "小鱼干"}),
        (("陪练2小时 今晚9点开始 我id小鱼干",), {"when": "今晚9点", "nick": "小鱼干"}),
        ((_JOB, "岗位是会计 jane.wu@outlook.com"), {"job": "会计", "mail": "jane.wu@outlook.com"}),
        (("电视费80 卡号660012884 杭州西湖厅",), {"account": "660012884", "city": "杭州西湖厅"}),
        (("交电视费", "150块，卡号660012884，杭州西湖厅"), {"account": "660012884", "city": "杭州西湖厅"}),
        (("钢化膜 防窥 iPhone 15 Pro",), {"model": "iPhone 15 Pro"}),
        (("高清的膜一张 华为Mate60",), {"model": "华为Mate60"}),
        (("钢化膜", "防窥的 小米14"), {"model": "小米14"}),
        (("钢化膜 防窥 送人的",), {}),
    ],
)
def test_each_text_of_a_message_goes_to_its_own_field(said: tuple[str, ...], fields: dict[str, str]) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert dict(line.fields) == fields


@pytest.mark.parametrize(
    "said",
    [
        (_FIX, "行 我电话13511119999，装ps cad还有office，晚上8点以后都行"),
        (_FIX, "13511119999", "我说的就是装ps cad还有office，晚上8点以后都行"),
    ],
)
def test_goods_named_in_sentences_that_were_asked_for_are_no_purchase(said: tuple[str, ...]) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert dict(line.fields) == {"phone": "13511119999", "what": "装ps cad还有office，晚上8点以后都行"}


def test_one_thing_more_is_none_of_the_sentences_asked_for() -> None:
    lines = lines_after(_SHOP, _FIX, "13511119999", "再来一份cad入门篇")
    assert [line.product for line in lines] == ["repair", "cad"]
    assert "what" not in lines[0].fields


def test_a_nod_beside_an_account_is_no_text() -> None:
    (line,) = lines_after(_SHOP, _FIX, "好的 13511119999")
    assert dict(line.fields) == {"phone": "13511119999"}


def test_a_note_that_was_taken_is_shown_whatever_else_is_asked() -> None:
    counter = counter_in(_SHOP)
    counter.says(_PHOTO)
    assert "修图要求：脸修清楚" in counter.says("能不能修清楚点啊 修图要求写：脸修清楚").text


def test_what_stands_there_already_is_shown_again() -> None:
    counter = counter_in(_SHOP)
    for said in (_FILM, "iPhone 15"):
        counter.says(said)
    assert "手机型号：iPhone 15" in counter.says("型号是iPhone 15").text


def test_a_label_that_is_a_question_is_asked_as_one() -> None:
    assert "钢琴陪练：什么时候开始？" in counter_in(_SHOP).says("陪练2小时").text


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (("老照片 上色 abc123@qq.com 把脸修清楚",), "把脸修清楚"),
        ((_PHOTO, "什么叫就这个 我是说脸清楚点 然后背景别动"), "脸清楚点 然后背景别动"),
        ((_PHOTO, "可以 脸修清楚点 背景别动", "是的"), "脸修清楚点 背景别动"),
    ],
)
def test_a_wish_of_how_it_is_to_be_done_becomes_the_note(said: tuple[str, ...], note: str) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert line.fields["note"] == note


@pytest.mark.parametrize(
    "said",
    ["脸修清楚点 背景别动", "今天天气真好啊", "太贵了 便宜点吧", "你们别骗我", "别催了 我再想想", "我是说要黑白的"],
)
def test_no_note_is_written_unasked(said: str) -> None:
    (line,) = lines_after(_SHOP, _PHOTO, said)
    assert "note" not in line.fields


def test_an_order_just_begun_has_not_been_changed() -> None:
    told = counter_in(_SHOP).says("老照片 上色 abc123@qq.com 把脸修清楚").text
    assert "修图要求：把脸修清楚" in told
    assert "已改好" not in told


@pytest.mark.parametrize("said", ["jane.wu@outlook.com 投的是会计", "我投的是会计 邮箱jane.wu@outlook.com"])
def test_what_is_told_of_a_text_in_other_words_is_the_text(said: str) -> None:
    (line,) = lines_after(_SHOP, _JOB, said)
    assert dict(line.fields) == {"mail": "jane.wu@outlook.com", "job": "会计"}


@pytest.mark.parametrize("first", [_BILL, _FILM, _JADE, _FIX])
def test_a_command_is_no_text(first: str) -> None:
    (before,), (after,) = lines_after(_SHOP, first), lines_after(_SHOP, first, "确认")
    assert after == before


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (_JADE, "编号发你了"),
        (_JADE, "编号就是手机号"),
        (f"{_JADE} 编号30581122", "区服太多了不知道填哪个"),
        ("陪练2小时", "昵称随便"),
        (_FILM, "有没有iPhone 15的"),
    ],
)
def test_what_is_said_of_a_text_is_no_text(first: str, said: str) -> None:
    counter = counter_in(_SHOP)
    counter.says(first)
    before = counter.dialog.state
    counter.says(said)
    assert counter.dialog.state == before


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ((f"{_JADE} 编号30581122", "区服还是紫禁之巅"), {"account": "30581122", "realm": "紫禁之巅"}),
        (("陪练2小时 今晚8点",), {"when": "今晚8点"}),
        (("陪练2小时", "现在就行 我叫阿土"), {"when": "现在", "nick": "阿土"}),
        ((_JOB, "邮箱等下给你 岗位会计"), {"job": "会计"}),
        ((_JADE, "区服要紫禁之巅 编号30581122"), {"account": "30581122", "realm": "紫禁之巅"}),
        ((_JADE, "30581122 紫禁之巅"), {"account": "30581122", "realm": "紫禁之巅"}),
        ((_JADE, "30581122，区是紫禁之巅"), {"account": "30581122", "realm": "紫禁之巅"}),
        ((_JADE, "30581122 刚才发了"), {"account": "30581122"}),
    ],
)
def test_the_half_that_is_given_is_kept(said: tuple[str, ...], fields: dict[str, str]) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert dict(line.fields) == fields


def test_a_text_that_was_forgotten_is_put_in() -> None:
    (line,) = lines_after(_SHOP, f"{_JADE} 编号30581122 区服紫禁之巅", "角色名忘了说 是小鱼")
    assert line.fields["role"] == "小鱼"


@pytest.mark.parametrize("said", ["嗯 区服改成风雨楼", "好的，区服改成风雨楼", "确认 区服改成风雨楼"])
def test_a_nod_beside_a_text_orders_nothing_unseen(said: str) -> None:
    counter = counter_in(_SHOP)
    counter.says(f"{_JADE} 编号30581122 区服紫禁之巅")
    assert "区服名：风雨楼" in counter.says(said).text
    assert not counter.orders
