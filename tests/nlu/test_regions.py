"""Provinces and cities: every one is found where it stands, and what is said before it is none of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.places import bare, read, written
from nlu.regions import region_at, regions, short, without_lead

_CITIES = [(province, city) for province, cities in regions().items() for city in cities]
_LEADS = ["", "寄到", "送到", "我住在", "地址是", "寄到新地址 ", "她家在", "再来一支 寄到", "麻烦送到"]
_TALK = ["", " 尽快发", "，谢谢", " 放门口就行", "，晚上七点前送", " 贺卡写生日快乐", "尽快发谢谢"]


def test_all_provinces_and_their_cities_are_there() -> None:
    assert len(regions()) == 34
    assert len(_CITIES) > 330
    assert all(city[-1] in "市盟" or city.endswith(("自治州", "地区", "林区")) for _, city in _CITIES)
    assert len({city for _, city in _CITIES}) == len(_CITIES)


@given(place=st.sampled_from(_CITIES), lead=st.sampled_from(_LEADS), district=st.sampled_from(["新城区", "和平区"]))
def test_a_region_is_found_behind_any_words_before_it(place: tuple[str, str], lead: str, district: str) -> None:
    province, city = place
    for said in (province + city, province + short(city), city, short(province) + short(city)):
        text = f"{lead}{said}{district}解放路12号"
        assert region_at(text) == len(lead)
        assert text[without_lead(text) :].startswith(said)


@given(
    place=st.sampled_from(_CITIES),
    lead=st.sampled_from(_LEADS),
    talk=st.sampled_from(_TALK),
    name=st.sampled_from(["王丹", "欧阳雪", "陈子涵"]),
    order=st.permutations([0, 1, 2]),
)
def test_the_parts_of_an_address_are_the_same_whatever_is_said_around_them(
    place: tuple[str, str], lead: str, talk: str, name: str, order: list[int]
) -> None:
    province, city = place
    parts = [f"{lead}{province}{city}新城区解放路12号3栋201", name, "13511110001"]
    text = " ".join(parts[i] for i in order) + (talk if talk.startswith((" ", "，")) or order[-1] == 0 else "")
    found = read(text)
    assert (found.name, found.phone, found.street) == (name, "13511110001", "解放路12号3栋201")
    assert found.region == f"{province}{city}新城区"
    assert read(bare(text)) == found == read(written(found))


@pytest.mark.parametrize(
    "text", ["南京路128号", "长宁区中山公园旁愚园路1号", "北京东路3号", "朝阳区建国路88号", "海南路5号"]
)
def test_a_street_or_district_called_after_a_city_is_no_city(text: str) -> None:
    assert not read(text).city
    assert not read(text).province


@pytest.mark.parametrize(
    ("text", "name", "region", "street"),
    [
        ("收花人13920174408 送到天津市和平区南京路128号", "", "天津市和平区", "南京路128号"),
        ("她电话15612093387 地址石家庄市长安区中山东路368号", "", "石家庄市长安区", "中山东路368号"),
        ("一支 寄到新重庆市渝北区新溉路20号 周涛 13880213947", "周涛", "重庆市渝北区", "新溉路20号"),
        ("我住在成都市锦江区春熙路12号 电话15882011234 姓李 叫李强", "李强", "成都市锦江区", "春熙路12号"),
        ("深圳市南山区科技园南路6号，收件人 陈晨，联系方式13728840012", "陈晨", "深圳市南山区", "科技园南路6号"),
        ("家在昆山市花桥镇绿地大道88号3栋201 晚上七点前送", "", "昆山市", "花桥镇绿地大道88号3栋201"),
        ("文三路1号 杭州市西湖区", "", "杭州市西湖区", "文三路1号"),
    ],
)
def test_labels_talk_and_introductions_are_no_part_of_an_address(
    text: str, name: str, region: str, street: str
) -> None:
    found = read(text)
    assert (found.name, found.region, found.street) == (name, region, street)
