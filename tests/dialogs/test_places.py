"""Addresses in their parts, whatever their order, and written so that they read the same again."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.places import Place, joined, read, wants, written

ADDRESSES = (
    ("浙江省", "杭州市", "西湖区", "文三路1号", "张三"),
    ("广东省", "深圳市", "南山区", "科技园南路5号3栋201", "李四光"),
    ("北京市", "", "朝阳区", "建国路88号院2号楼501", "王小明"),
    ("内蒙古自治区", "呼和浩特市", "赛罕区", "大学西街235号", "白音"),
    ("湖南省", "湘西土家族苗族自治州", "吉首市", "人民北路1号", "石头"),
    ("江苏省", "苏州市", "昆山市", "花桥镇绿地大道1号", "赵六"),
)


@pytest.mark.parametrize("parts", ADDRESSES)
def test_the_parts_are_found_in_any_order(parts: tuple[str, str, str, str, str]) -> None:
    province, city, district, street, name = parts
    expected = Place(name, "13511110001", province, city, district, street)
    where = province + city + district + street
    for order in permutations((where, name, "13511110001")):
        for joint in (" ", "，", "\n", ", "):
            assert read(joint.join(order)) == expected
    assert read(written(expected)) == expected


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("张三", ("省市", "详细地址", "手机号")),
        ("13511110001", ("省市", "详细地址", "收货人姓名")),
        ("浙江省杭州市西湖区", ("详细地址", "收货人姓名", "手机号")),
        ("文三路1号 张三 13511110001", ("省市",)),
        ("杭州市西湖区文三路1号 张三 13511110001", ()),
    ],
)
def test_what_is_missing_is_named(text: str, missing: tuple[str, ...]) -> None:
    assert wants(read(text)) == missing


def test_pieces_of_several_messages_come_together() -> None:
    place = Place()
    for text in ("张三", "135 1111 0001", "浙江省杭州市", "西湖区文三路1号"):
        place = joined(place, read(text))
    assert written(place) == "浙江省杭州市西湖区文三路1号 张三 13511110001"


@given(st.text(max_size=80))
def test_reading_never_fails_and_invents_nothing(text: str) -> None:
    place = read(text)
    assert len(written(place)) <= len(text) * 4 + 12
    assert not place.phone or place.phone[0] == "1"
