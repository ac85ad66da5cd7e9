"""Several people in one message: each gets what was said of him, and nobody what was said of somebody else."""
# ruff: noqa: E501 - a wide character counts twice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu import Lexicon, parse
from nlu.lexicon import ChoiceWords, FieldWords, OptionWords, ProductWords, SkuWords

_ID = r"^\d{17}[\dX]$"
A, B, C = "330102198802143327", "330102201607221115", "330102199003034447"


def _shop() -> Lexicon:
    ages = OptionWords(
        "age", "票种", (ChoiceWords("full", "成人票", ("大人",)), ChoiceWords("kid", "儿童票", ("小孩",)))
    )
    tower = ProductWords(
        "tower", "灯塔门票",
        fields=(FieldWords("id_no", "身份证号", "card_no", _ID),),
        options=(ages,),
        skus=(SkuWords("T-A", "成人票", options={"age": "full"}), SkuWords("T-K", "儿童票", options={"age": "kid"})),
    )  # fmt: skip
    level = FieldWords("level", "级别", "choice", choices=(ChoiceWords("l3", "三级"), ChoiceWords("l5", "五级")))
    exam = ProductWords(
        "exam", "古筝考级", fields=(FieldWords("name", "考生姓名", "text"), level), skus=(SkuWords("E1", "古筝考级"),)
    )
    course = ProductWords(
        "course", "帆船课",
        fields=(FieldWords("learner", "学员姓名", "text"), FieldWords("idcard", "身份证号", "card_no", _ID), FieldWords("mobile", "联系电话", "phone")),
        skus=(SkuWords("C1", "帆船课"),),
    )  # fmt: skip
    side = FieldWords("side", "区服", "choice", choices=(ChoiceWords("a", "东区"), ChoiceWords("b", "西区")))
    gems = ProductWords(
        "gems", "灵石", fields=(FieldWords("uid", "角色编号", "uid", r"^\d{8}$"), side),
        skus=(SkuWords("G60", "60灵石", 60, "灵石"), SkuWords("G300", "300灵石", 300, "灵石")),
    )  # fmt: skip
    phone = ProductWords(
        "phone", "话费", fields=(FieldWords("account", "手机号", "phone"),), skus=(SkuWords("P50", "50元", 50, "元"),)
    )
    return Lexicon((tower, exam, course, gems, phone))


SHOP = _shop()


def _read(text: str, *names: str) -> list[tuple[str | None, ...]]:
    frame = parse(text, SHOP)
    assert frame.intent == "order"
    assert all(item.quantity == 1 for item in frame.items)
    return [tuple(item.sku if name == "sku" else item.fields.get(name) for name in names) for item in frame.items]


@pytest.mark.parametrize(
    "text",
    [
        f"灯塔门票，一个大人一个小孩，身份证大人的是{A}，小孩的是{B}",
        f"灯塔门票 成人票一张{A} 儿童票一张{B}",
        f"灯塔的门票要两张，大人{A}小孩{B}",
        f"灯塔门票两张 {A}是大人 {B}是小孩",
    ],
)
def test_each_kind_of_ticket_gets_the_number_said_with_it(text: str) -> None:
    assert _read(text, "sku", "id_no") == [("T-A", A), ("T-K", B)]


def test_several_numbers_may_follow_one_kind() -> None:
    read = _read(f"灯塔门票，大人两个小孩一个，大人的{A}和{C}，小孩的{B}", "sku", "id_no")
    assert read == [("T-A", A), ("T-A", C), ("T-K", B)]


@pytest.mark.parametrize(
    "text", ["灯塔门票两个大人一个小孩，{}、{}、{}", "灯塔门票成人票两张儿童票一张 身份证{} {} {}"]
)
def test_as_many_numbers_as_were_counted_go_in_the_order_they_were_counted_in(text: str) -> None:
    assert _read(text.format(A, C, B), "sku", "id_no") == [("T-A", A), ("T-A", C), ("T-K", B)]


def test_one_number_beside_one_ticket_is_not_the_other_tickets() -> None:
    assert _read(f"灯塔门票 成人票一张{A} 儿童票一张", "sku", "id_no") == [("T-A", A), ("T-K", None)]


def test_two_products_in_one_message_each_have_their_own_person() -> None:
    items = parse("古筝考级五级 林小雨，帆船课 陈子涵 13951720468", SHOP).items
    assert [(item.product, dict(item.fields)) for item in items] == [
        ("exam", {"name": "林小雨", "level": "l5"}),
        ("course", {"learner": "陈子涵", "mobile": "13951720468"}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "古筝考级两个 林小雨五级 陈子涵三级",
        "古筝考级，林小雨报五级，陈子涵报三级",
        "古筝考级 林小雨和陈子涵 五级和三级",
        "给两个孩子报古筝考级，老大叫林小雨五级，老二叫陈子涵三级",
    ],
)
def test_each_child_gets_its_own_level(text: str) -> None:
    assert _read(text, "name", "level") == [("林小雨", "l5"), ("陈子涵", "l3")]


@pytest.mark.parametrize(
    "text",
    [
        f"两个人报帆船课 张伟 {A} 13655128830，李娜 {C} 13655128831",
        f"帆船课 张伟{A}电话13655128830 李娜{C}电话13655128831",
        f"报帆船课，{A} 张伟 13655128830；{C} 李娜 13655128831",
    ],
)
def test_names_numbers_and_phones_of_two_people_make_two_lines(text: str) -> None:
    assert _read(text, "learner", "idcard", "mobile") == [("张伟", A, "13655128830"), ("李娜", C, "13655128831")]


def test_one_phone_is_for_both_and_a_number_said_once_is_not() -> None:
    read = _read(f"报两个帆船课 王芳 {A}，赵敏的身份证等会发，电话都是13655128830", "learner", "idcard", "mobile")
    assert read == [("王芳", A, "13655128830"), ("赵敏", None, "13655128830")]


@pytest.mark.parametrize(
    "text",
    [
        "60灵石两份 一份东区 12345678 一份西区 87654321",
        "60灵石 12345678东区，87654321西区",
        "60灵石，东区12345678 西区87654321 各一份",
    ],
)
def test_each_account_is_on_the_side_said_with_it(text: str) -> None:
    assert _read(text, "uid", "side") == [("12345678", "a"), ("87654321", "b")]


def test_an_account_that_comes_later_opens_its_own_line() -> None:
    assert _read("我和我弟的话费都充50，我的13655128830，他的号等会发", "account") == [("13655128830",), (None,)]


def test_each_of_two_names_gets_one_where_one_each_is_wanted() -> None:
    assert _read("报帆船课，我和我老婆一人一份，我叫许文 我老婆叫高洁", "learner") == [("许文",), ("高洁",)]


def test_a_name_goes_to_the_field_in_which_this_product_asks_for_one() -> None:
    owner = FieldWords("owner", "车主姓名", "text")
    check = ProductWords(
        "check", "年检", fields=(owner, FieldWords("tel", "手机号", "phone")), skus=(SkuWords("Y1", "年检"),)
    )
    shop = Lexicon((*(product.words for product in SHOP.products.values()), check))
    assert parse("年检一份，我叫许文", shop).items[0].fields == {"owner": "许文"}
    said = parse("年检两辆车，车主都是王建国 电话13523017746", shop).items[0].fields
    assert said == {"owner": "王建国", "tel": "13523017746"}


def test_a_correction_makes_no_second_person() -> None:
    assert len(parse("古筝考级 林小雨五级，不对，三级", SHOP).items) == 1


_IDS = st.lists(
    st.from_regex(r"33010[1-9]19[789]\d0[1-9]1\d\d\d\d\d", fullmatch=True), min_size=2, max_size=4, unique=True
)


@given(ids=_IDS, kinds=st.data(), between=st.sampled_from([" ", "，", "；", "\n"]))
def test_no_number_is_copied_to_somebody_else(ids: list[str], kinds: st.DataObject, between: str) -> None:
    """Whatever the order of kinds and numbers: no number stands in two lines when there are several."""
    said = [kinds.draw(st.sampled_from([f"大人{one}", f"小孩{one}", f"{one}大人", one])) for one in ids]
    items = parse("灯塔门票 " + between.join(said), SHOP).items
    given = [item.fields["id_no"] for item in items if "id_no" in item.fields]
    assert len(given) == len(set(given))
