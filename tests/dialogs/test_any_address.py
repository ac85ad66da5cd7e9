"""What is to go by parcel is as many as was said, and goes to the whole address, in whatever order that is written."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs.draft import look
from dialogs.places import read
from dialogs.state import Confirming
from tests.stories.shops import counter_in

REGIONS = ("浙江省杭州市西湖区", "重庆市渝北区", "四川省成都市武侯区", "广东省深圳市南山区", "湖北省武汉市洪山区")
STREETS = ("文三路88号", "红锦大道86号", "桐梓林东路9号", "星湖街328号", "花园路7号")
INSIDE = ("", "3栋502", "2单元1104", "4栋1203", "阳光小区8栋502", "5号楼1单元902", "A座1803", "翡翠城3期9栋1001")
PEOPLE = ("罗欣", "王芳", "李建国", "陈晨", "张一诺")
WRITTEN = (
    "{place} {name} {phone}",
    "{name} {phone} {place}",
    "{name}，{phone}，{place}",
    "收件人{name} 电话{phone} 地址{place}",
    "{phone} {name} {place}",
)
MANY = {1: "", 2: " 两份", 3: " 三份"}


@given(
    st.sampled_from(REGIONS),
    st.sampled_from(STREETS),
    st.sampled_from(INSIDE),
    st.sampled_from(PEOPLE),
    st.sampled_from(WRITTEN),
    st.sampled_from(sorted(MANY)),
    st.sampled_from((" ", "，", "\n", None)),
    st.sampled_from(("", "寄到")),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_address_is_no_count_and_a_count_no_receiver(
    region: str, street: str, inside: str, name: str, written: str, many: int, joined: str | None, to: str
) -> None:
    address = to + written.format(place=region + street + inside, name=name, phone="13812345678")
    order = f"Type-C数据线 2米{MANY[many]}"
    counter = counter_in("demo")
    for message in (order, address) if joined is None else (f"{order}{joined}{address}",):
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    (line,) = state.lines
    sku = look(line, counter.scene.shelf).sku
    assert (sku.code if sku else "", line.quantity) == ("SJX2", many)
    place = read(line.fields["address"])
    assert (place.name, place.phone, place.street) == (name, "13812345678", street + inside)
