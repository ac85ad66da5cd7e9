"""Free text without a pattern that is a code by its label all the same: 通行证账号, 角色编号, 用户ID. What is typed for
it stands out of any sentence (刚才不是发了吗 fengxue_88), and a sentence is none."""

import re

IMPLIED = r"(?=[^@]*[A-Za-z_])[A-Za-z0-9][A-Za-z0-9._@+-]{3,39}|\d{5,20}|[A-Za-z0-9]{2,8}(?:-[A-Za-z0-9]{2,8}){1,7}"
"""What such a code looks like, where the catalog has no pattern of its own."""
_LABEL = re.compile(
    r"(?:账号|帐号|账户|帐户|编号|编码|通行证|用户名|序列号|卡号|户号|学号|工号|会员号|学籍号|单号|(?:微信|抖音|快手|微博|淘宝|旺旺|支付宝|游戏|角色|玩家|用户|设备)号|(?<![A-Za-z])(?:u?id|sn|imei))[^A-Za-z\u4e00-\u9fff]*$",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9_.@+-])[A-Za-z0-9][A-Za-z0-9._@+-]*[A-Za-z0-9_](?![A-Za-z0-9_@+-])")
_PLAIN = re.compile(r"[A-Za-z]{1,4}|\d{1,4}")
"""ios, vip, 2024: as likely a word or a number about something else."""


def is_code_label(label: str) -> bool:
    """Whether what is asked for under this label is a code, and no words."""
    return _LABEL.search(re.sub(r"[(（].*$", "", label.strip())) is not None


def code_in(label: str, text: str) -> str:
    """The one code that stands in an answer to such a label; "" where the answer is something else, or says several."""
    if not is_code_label(label):
        return ""
    found = list(dict.fromkeys(token[0] for token in _TOKEN.finditer(text) if not _PLAIN.fullmatch(token[0])))
    return found[0] if len(found) == 1 and re.fullmatch(IMPLIED, found[0]) else ""
