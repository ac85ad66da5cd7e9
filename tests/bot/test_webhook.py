"""The webhook's checks, against signatures and encryption made here from WeChat's description alone."""

import base64
import contextlib
import os
import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from bot.webhook import BadPushError, Push, Webhook, _read_plain

TOKEN, APP_ID, AES_KEY = "token123", "wx0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

FIELDS = {
    "ToUserName": "gh_shop",
    "FromUserName": "oBuyer-1",
    "CreateTime": "1795000000",
    "MsgType": "text",
    "Content": "充100话费 13812345678",
    "MsgId": "23456789012345678",
}


def signature(*parts: str) -> str:
    return sha1("".join(sorted(parts)).encode()).hexdigest()


def query(at: datetime = NOW, **more: str) -> dict[str, str]:
    timestamp, nonce = str(int(at.timestamp())), "n0nce"
    return {"signature": signature(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, **more}


def xml(fields: dict[str, str]) -> bytes:
    return ("<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()) + "</xml>").encode()


def _cipher() -> Cipher:
    key = base64.b64decode(AES_KEY + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypted(message: bytes, app_id: str = APP_ID) -> str:
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = 32 - len(plain) % 32
    encryptor = _cipher().encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def sealed(message: bytes, app_id: str = APP_ID) -> tuple[dict[str, str], bytes]:
    body = encrypted(message, app_id)
    q = query(encrypt_type="aes")
    q["msg_signature"] = signature(TOKEN, q["timestamp"], q["nonce"], body)
    return q, xml({"ToUserName": "gh_shop", "Encrypt": body})


@pytest.fixture
def plain() -> Webhook:
    return Webhook(token=TOKEN, app_id=APP_ID)


@pytest.fixture
def safe() -> Webhook:
    return Webhook(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="safe")


def refused(webhook: Webhook, q: dict[str, str], body: bytes) -> int:
    with pytest.raises(BadPushError) as caught:
        webhook.read(q, body, NOW)
    return caught.value.status


def test_a_verification_is_answered_with_its_echo(plain: Webhook) -> None:
    assert plain.verify(query(echostr="4711"), NOW) == "4711"


@pytest.mark.parametrize("wrong", ["signature", "timestamp", "nonce"])
def test_a_verification_with_a_wrong_parameter_is_refused(plain: Webhook, wrong: str) -> None:
    with pytest.raises(BadPushError, match="bad"):
        plain.verify({**query(echostr="1"), wrong: "0"}, NOW)


def test_a_text_is_read_with_its_sender_and_number(plain: Webhook) -> None:
    push = plain.read(query(), xml(FIELDS), NOW)
    assert (push.openid, push.kind, push.text, push.key) == (
        "oBuyer-1",
        "text",
        "充100话费 13812345678",
        "23456789012345678",
    )


def test_an_event_has_no_number_and_is_known_by_sender_time_and_key(plain: Webhook) -> None:
    event = {k: v for k, v in FIELDS.items() if k not in ("Content", "MsgId")} | {
        "MsgType": "event",
        "Event": "CLICK",
        "EventKey": "self_order",
    }
    first = plain.read(query(), xml(event), NOW)
    other = plain.read(query(), xml(event | {"EventKey": "human"}), NOW)
    assert first.event == "click"
    assert first.key == plain.read(query(), xml(event), NOW).key != other.key


def test_what_differs_has_another_key_however_long_it_is_and_without_a_number(plain: Webhook) -> None:
    bare = {k: v for k, v in FIELDS.items() if k != "MsgId"}
    event = {k: v for k, v in bare.items() if k != "Content"} | {"MsgType": "event", "Event": "SCAN"}
    for one, other in (
        (bare | {"Content": "充话费"}, bare | {"Content": "确认"}),
        (event | {"EventKey": "x" * 900 + "1"}, event | {"EventKey": "x" * 900 + "2"}),
        (FIELDS | {"MsgId": "9" * 300 + "1"}, FIELDS | {"MsgId": "9" * 300 + "2"}),
    ):
        first = plain.read(query(), xml(one), NOW)
        assert first.key == plain.read(query(), xml(one), NOW).key != plain.read(query(), xml(other), NOW).key
        assert len(first.key) <= 200


def test_an_old_or_future_timestamp_is_refused_although_it_is_signed(plain: Webhook) -> None:
    assert refused(plain, query(NOW - timedelta(minutes=6)), xml(FIELDS)) == 403
    assert refused(plain, query(NOW + timedelta(minutes=6)), xml(FIELDS)) == 403
    assert plain.read(query(NOW - timedelta(minutes=4)), xml(FIELDS), NOW)


def test_a_plain_body_in_safe_mode_is_refused(safe: Webhook) -> None:
    assert refused(safe, query(), xml(FIELDS)) == 403
    assert refused(safe, query(encrypt_type="raw"), xml(FIELDS)) == 403


def test_an_encrypted_body_is_read_in_safe_and_in_compat_mode(safe: Webhook) -> None:
    compat = Webhook(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="compat")
    q, body = sealed(xml(FIELDS))
    assert safe.read(q, body, NOW).text == compat.read(q, body, NOW).text == FIELDS["Content"]
    assert compat.read(query(), xml(FIELDS), NOW).text == FIELDS["Content"]


def test_in_compat_mode_the_encrypted_part_counts_and_not_the_plain_one_beside_it() -> None:
    compat = Webhook(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="compat")
    q, _ = sealed(b"")
    body = encrypted(xml(FIELDS))
    q["msg_signature"] = signature(TOKEN, q["timestamp"], q["nonce"], body)
    assert compat.read(q, xml(FIELDS | {"Content": "确认", "Encrypt": body}), NOW).text == FIELDS["Content"]


def test_a_body_encrypted_for_another_account_is_refused(safe: Webhook) -> None:
    assert refused(safe, *sealed(xml(FIELDS), app_id="wxother")) == 403


def test_a_changed_ciphertext_or_signature_is_refused(safe: Webhook) -> None:
    q, body = sealed(xml(FIELDS))
    assert refused(safe, q | {"msg_signature": "0" * 40}, body) == 403
    assert refused(safe, q, body.replace(b"A", b"B", 1)) in (400, 403)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<xml></xml>",
        b"<a></a>",
        b"<xml>text</xml>",
        b"\xff\xfe\x00",
        b"<xml>" + b"<a>" * 8000 + b"</a>" * 8000 + b"</xml>",
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><xml><MsgType>&c;</MsgType></xml>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
        b"<xml><FromUserName><b>x</b></FromUserName><MsgType>text</MsgType></xml>",
        '<!DOCTYPE x [<!ENTITY a "o">]><xml><MsgType>&a;</MsgType></xml>'.encode("utf-16"),
        '<?xml version="1.0" encoding="gbk"?><xml><MsgType>话</MsgType></xml>'.encode("gbk"),
    ],
)
def test_a_body_that_is_no_message_is_refused_with_400(plain: Webhook, body: bytes) -> None:
    assert refused(plain, query(), body) == 400


def test_a_huge_body_is_refused_before_it_is_parsed(plain: Webhook) -> None:
    assert refused(plain, query(), xml(FIELDS | {"Content": "x" * 70_000})) == 413


@pytest.mark.parametrize("missing", FIELDS)
def test_with_any_field_missing_a_push_is_read_or_refused_but_never_breaks(plain: Webhook, missing: str) -> None:
    body = xml({k: v for k, v in FIELDS.items() if k != missing})
    if missing in ("FromUserName", "MsgType"):
        assert refused(plain, query(), body) == 400
    else:
        assert isinstance(plain.read(query(), body, NOW), Push)


def test_a_text_full_of_angle_brackets_is_still_a_text(plain: Webhook) -> None:
    assert plain.read(query(), xml(FIELDS | {"Content": "<" * 3000}), NOW).text == "<" * 3000


_PIECES = st.sampled_from(
    ["<xml>", "</xml>", "<A>", "</A>", "<B>", "</B>", "<![CDATA[", "]]>", "]", "&lt;", "&", "<", ">", "\r\n", "\n", " ",
     "充", "x", "\x0b", "\x00", "\ufffe", "\u00a0", "<A/>", "<!-- -->", "<?p?>"]
)  # fmt: skip
_FLAT_FIELDS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.booleans(), st.text(max_size=8) | st.lists(_PIECES, max_size=3).map("".join)),
    max_size=4,
)


def _flat_body(fields: list[tuple[str, bool, str]]) -> str:
    words = (
        f"<{name}><![CDATA[{text}]]></{name}>" if cdata else f"<{name}>{text}</{name}>" for name, cdata, text in fields
    )
    return "<xml>" + "\n".join(words) + "</xml>"


@given(_FLAT_FIELDS.map(_flat_body) | st.lists(_PIECES, max_size=12).map(lambda some: "<xml>" + "".join(some)))
def test_what_is_read_without_a_parser_is_what_a_parser_reads(body: str) -> None:
    short = _read_plain(body)
    if short is not None:
        whole = ElementTree.fromstring(body)
        assert short == {one.tag: one.text.strip() for one in whole if one.text}


def test_a_push_as_wechat_writes_it_needs_no_parser() -> None:
    assert _read_plain(xml(FIELDS).decode()) == FIELDS
    spread = xml(FIELDS).decode().replace("><", ">\n<").replace(">\n<![", "><![").replace("]>\n</", "]></")
    assert _read_plain(spread + "\n") == FIELDS


@given(body=st.binary(max_size=600))
def test_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    for mode in ("plain", "compat", "safe"):
        webhook = Webhook(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode=mode)  # type: ignore[arg-type]
        for q, sent in ((query(), body), sealed(body)):
            with contextlib.suppress(BadPushError):
                webhook.read(q, sent, NOW)


@given(text=st.text(max_size=300))
def test_a_reply_carries_any_text_in_well_formed_xml(text: str) -> None:
    webhook = Webhook(token=TOKEN, app_id=APP_ID, aes_key=AES_KEY, mode="safe")
    push = webhook.read(*sealed(xml(FIELDS)), NOW)
    rendered = ElementTree.fromstring(webhook.answer(push, "]]>" + text, NOW, encrypt=False))
    content = rendered.findtext("Content") or ""
    assert content.startswith("]]>")
    assert [c for c in content if c.isalnum()] == [c for c in text if c.isalnum()]
    assert rendered.findtext("ToUserName") == "oBuyer-1"


def test_an_encrypted_reply_can_be_opened_by_wechat(safe: Webhook) -> None:
    push = safe.read(*sealed(xml(FIELDS)), NOW)
    outer = ElementTree.fromstring(safe.answer(push, "好的", NOW, encrypt=True))
    parts = [outer.findtext(name) or "" for name in ("TimeStamp", "Nonce", "Encrypt")]
    assert outer.findtext("MsgSignature") == signature(TOKEN, *parts)
    decryptor = _cipher().decryptor()
    plain = decryptor.update(base64.b64decode(parts[2])) + decryptor.finalize()
    plain = plain[16 : -plain[-1]]
    length = struct.unpack(">I", plain[:4])[0]
    assert plain[4 + length :].decode() == APP_ID
    assert ElementTree.fromstring(plain[4 : 4 + length]).findtext("Content") == "好的"


def test_nothing_to_say_is_answered_with_success_and_a_transfer_hands_the_buyer_over(plain: Webhook) -> None:
    push = plain.read(query(), xml(FIELDS), NOW)
    assert plain.answer(push, "", NOW, encrypt=False) == "success"
    assert "transfer_customer_service" in plain.answer(push, "", NOW, transfer=True, encrypt=False)
