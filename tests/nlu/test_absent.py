"""What is named beside goods of this shop and is not sold here is known by name, and takes no amount of theirs; talk beside
goods is no goods."""
# ruff: noqa: E501 - a wide character counts twice

import json

import pytest

from nlu import Lexicon, parse
from tests.corpus.evaluate import CORPORA, HERE, lexicon_for, lexicon_of, never_shown

NAMED = """
demo|话费50 电费100 13812345678|电费|huafei 50 x1
demo|话费100 水费50 13812345678|水费|huafei 100 x1
demo|京东卡100 天猫卡100|天猫卡|jdcard 100 x1
demo|京东卡100两张 天猫卡也要两张|天猫卡|jdcard 100 x2
demo|百度网盘月卡 阿里云盘月卡|阿里云盘|baidupan 1 x1
demo|星巴克大杯两张 瑞幸拿铁一张|瑞幸拿铁|xingbake XB-L x2
demo|星巴克大杯一张 奈雪的茶两张|奈雪的茶|xingbake XB-L x1
demo|q币50 抖币50 12345678|抖币|qbi 50 x1
demo|steam100 xbox100 各一张|xbox|steam 100 x1
demo|steam50一张 switch卡100一张|switch卡|steam 50 x1
demo|steam100两张 盲盒一个|盲盒|steam 100 x2
demo|加油卡500 1000111122223333444 ETC 200|etc|jiayou 500 x1
demo|话费50 13812345678 宽带费100|宽带费|huafei 50 x1
demo|爱奇艺 优酷 芒果 各一个月|芒果|iqiyi 1 x1; youku 1 x1
demo|两张骏卡50 三杯奶茶|奶茶|junwang 50 x2
p9_spa|来三袋零食 再来一张盐搓|零食|cuozao x1
p9_spa|盐搓一张 墨镜两个|墨镜|x1
p9_spa|足疗60分钟一张 两杯酸梅汤|酸梅汤|zuliao 60 x1
garage|来两瓶玻璃水 一张5次的洗车卡|玻璃水|wash 5 x1
garage|停车券5小时两张 再来两瓶玻璃水|玻璃水|parkhour 5 x2
campus|要2个鼠标垫和1张巨幕电影票|鼠标垫|yinpiao x1
campus|全家桶一份 冰淇淋三个|冰淇淋|kuaican x1
campus|有没有烤冷面 来5份 再要一份全家桶|烤冷面|kuaican x1
heldout_pantry|大闸蟹398的两份 西瓜两个|西瓜|x2
heldout_pantry|8寸蛋糕一个 汽水三瓶|汽水|x1
""".strip().splitlines()

TALK = """
demo|话费50 13812345678 谢谢老板;京东卡100两张 送朋友;steam50一张 快点;话费50 13812345678 我妈的号;星巴克大杯两张 打包;星巴克大杯两张 去冰
demo|爱奇艺月卡一个 13812345678 电视用;话费100 13812345678 淘宝才卖98;q币50 12345678 别充抖币;京东卡100 不要天猫卡;天猫卡不要了 京东卡100
demo|有天猫卡吗 没有就京东卡100;话费50 13812345678 电费已经交了;我刚买了天猫卡100，再来京东卡100;steam100 俩人用;京东卡100 5张 分开发
demo|两张京东卡100 公司年会;华为手机 充话费50 13812345678;小米手机充话费50 13812345678;百度网盘月卡一个 下电影用
demo|steam100两张 一张给我弟一张给室友;移动话费50 13812345678;张三13812345678充50 李四13987654321充100;骏卡30三张 玩游戏用
demo|steam50一张 给孩子买游戏;京东卡100两张 今天要;京东卡100两张 微信付款;加油卡500 1000111122223333444 车牌京A12345
demo|win11专业版一个 装电脑;win11专业版两个 联想电脑;京东卡面额100 数量2;绿钻月卡 听歌 1234567;网易云黑胶月卡两个 一共多少
p9_spa|足疗90分钟 首席 两位男士;门票日场成人两张 小孩一张;盐搓两张 力气大点的;汗蒸10次 13812345678 两个大箱子能存吗
campus|巨幕两张 后排;欢乐岛成人票两张 13812345678 带老人;饭卡100 2021043817 计算机学院;洗衣5次 宿舍楼下那台
garage|洗车5次一张 白色轿车;地上停车月卡一个月 豫A12345 大众朗逸;停车券2小时三张 周六早上
heldout_pantry|大闸蟹398两份 送客户;8寸蛋糕一个 蜡烛多给几根;8寸蛋糕一个 写生日快乐
""".strip().splitlines()

LACKING = """
heldout_pantry|8寸榴莲蛋糕一个;榴莲蛋糕8寸|cake taste 榴莲
garage|轮胎18寸两条;换两条18寸的轮胎;轮胎18寸的换两条|tyre size 18寸
campus|欢乐岛学生票两张;学生票欢乐岛一张|leyuan who 学生票
campus|电影票4D厅两张;4D厅电影票两张|yinpiao hall 4d厅
campus|保温杯 红色 大号|beizi color 红色
p9_spa|门票早场两张;早场门票成人两张|menpiao shift 早场
p9_spa|足疗60分钟 高级技师;足疗高级技师60分钟|zuliao hand 高级技师
demo|win11企业版一个;win11企业版两个|win11 edition 企业版
demo|王者300 12345678 鸿蒙区|wangzhe server 鸿蒙区
""".strip().splitlines()

NOT_LACKING = """
garage|轮胎17寸两条;轮胎十七寸两条;洗车SUV 5次;轿车洗车5次;特斯拉洗车5次;18寸轮胎有吗;我车是18寸轮毂 轮胎17寸两条
campus|电影票两张巨幕;巨幕厅电影票两张;周末电影票两张;复联电影票两张;欢乐岛成人票两张 学生票不要;保温杯白色大号;一家三口的票 欢乐岛成人票两张
p9_spa|门票日场两张;晚场门票两张;早上来 门票日场两张;足疗60分钟 手法好的技师;中式足疗60分钟;盐搓两张
demo|话费100 慢充 13812345678;移动话费50 13812345678;小明话费100 13812345678;win11专业版一个;正版win11家庭版一个;王者300 12345678 安卓区;我在小区 话费50 13812345678
heldout_pantry|8寸生日蛋糕一个;8寸慕斯蛋糕一个;同事过生日 8寸蛋糕一个;送妈妈的8寸蛋糕
""".strip().splitlines()

FALSE_ALARMS = 0.01
"""Of frames that are about goods, at most."""


def _lexicon(shop: str, demo: Lexicon) -> Lexicon:
    return demo if shop == "demo" else lexicon_of(f"{shop}.toml")


@pytest.mark.parametrize("line", NAMED)
def test_what_is_not_sold_here_is_named_and_takes_nothing(demo: Lexicon, line: str) -> None:
    shop, text, absent, wanted = line.split("|")
    frame = parse(text, _lexicon(shop, demo))
    assert [one.words for one in frame.absent] == [absent]
    assert len(frame.items) == len(wanted.split(";"))
    for item, words in zip(frame.items, wanted.split(";"), strict=True):
        *what, count = words.split()
        assert f"x{item.quantity}" == count
        assert {str(w) for w in what} <= {str(item.product), str(item.value), str(item.sku)}


@pytest.mark.parametrize("line", TALK)
def test_what_is_said_beside_goods_is_no_goods(demo: Lexicon, line: str) -> None:
    shop, texts = line.split("|")
    named = {text: parse(text, _lexicon(shop, demo)).absent for text in texts.split(";")}
    assert not {text: absent for text, absent in named.items() if absent}


@pytest.mark.parametrize("line", LACKING)
def test_a_choice_that_the_product_has_not_is_named_with_what_it_would_be(demo: Lexicon, line: str) -> None:
    shop, texts, wanted = line.split("|")
    product, slot, words = wanted.split()
    for text in texts.split(";"):
        (one,) = parse(text, _lexicon(shop, demo)).absent
        assert (one.product, one.slot) == (product, slot), text
        assert one.words == words, text


@pytest.mark.parametrize("line", NOT_LACKING)
def test_what_it_has_and_what_is_said_beside_is_no_choice_that_it_lacks(demo: Lexicon, line: str) -> None:
    shop, texts = line.split("|")
    named = {text: parse(text, _lexicon(shop, demo)).absent for text in texts.split(";")}
    assert not {text: absent for text, absent in named.items() if absent}


def test_in_the_corpora_hardly_anything_is_taken_for_goods_that_are_not_sold() -> None:
    lines = goods = 0
    for corpus in CORPORA:
        if never_shown(corpus):
            continue
        own = lexicon_for(corpus)
        for line in corpus.read_text("utf-8").splitlines():
            label = json.loads(line)
            shop = lexicon_of(label["catalog"]) if "catalog" in label else own
            lines += bool(label["gold"]["items"])
            goods += bool(parse(label["text"], shop, channel=label["channel"]).absent)
    assert goods < lines * FALSE_ALARMS, f"{goods} of {lines}, {HERE}"
