"""Card keys in the console: looked at before they are imported, found without being seen, changed one or all, and one
shown in clear."""

import re
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from catalog import key_import, stock
from catalog.stock import Held
from console import key_imports, keys, uploads
from console.roles import Role
from tests.bot.test_after_sale import Shop
from tests.console.conftest import Window, csrf_in

Login = Callable[..., Window]
SECRETS = [f"JD-SECRET-{number:06d}" for number in range(1, 13)]


def _upload(window: Window, name: str, content: bytes, **form: str) -> httpx.Response:
    csrf = csrf_in(window.http.get("/console/keys/import").text)
    given = {"csrf": csrf, "sku": "JD100", "cost": "", "pasted": "", **form}
    return window.http.post("/console/keys/import", data=given, files={"file": (name, content, "text/plain")})


def _stocked(window: Window, secrets: list[str] = SECRETS, sku: str = "JD100") -> None:
    answer = _upload(window, "keys.txt", "\n".join(secrets).encode(), sku=sku)
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"].partition("?")[0]
    assert window.send(f"{page}/import").status_code == 303


def _ids(shop: Shop, state: str, sku: str = "JD100") -> list[object]:
    return shop.rows(
        "SELECT id FROM card_key WHERE sku_code = :sku AND state = :state ORDER BY id", sku=sku, state=state
    )


def _done(shop: Shop) -> list[tuple[object, ...]]:
    with shop.services.engine.connect() as conn:
        rows = conn.execute(text("SELECT what, about, after FROM operator_action WHERE what <> 'log_in' ORDER BY id"))
        return [tuple(row) for row in rows]


def test_a_file_is_looked_at_first_and_imported_by_the_second_tap(shop: Shop, login: Login) -> None:
    window = login()
    answer = _upload(window, "a.txt", b"K-1,SECRET-ONE-1\nSECRET-TWO-2\n\nSECRET-TWO-2\na,b,c\n", cost="88.80")
    page = window.see(answer.headers["location"])
    for told in ("<b>2</b><span>新", "<b>1</b><span>重复", "<b>1</b><span>无效", "第 5 行", "¥88.80", "导入 2 张"):
        assert told in page, told
    assert "SECRET" not in page
    assert shop.rows("SELECT count(*) FROM card_key") == [0]
    number = re.search(r"uploads/(\d+)/import", page)
    assert number
    sealed = shop.rows("SELECT sealed FROM key_upload")[0]
    assert b"SECRET" not in bytes(sealed), "not in clear"  # type: ignore[call-overload]
    assert window.send(f"/console/keys/uploads/{number[1]}/import").headers["location"].endswith("said=imported")
    assert shop.rows("SELECT count(*) FROM card_key WHERE state = 'available'") == [2]
    assert shop.rows("SELECT unit_cost_fen FROM key_batch") == [8880]
    assert "新 2，重复 1，无效 1" in window.see("/console/keys")
    assert window.send(f"/console/keys/uploads/{number[1]}/import").status_code == 404, "once"
    again = _upload(window, "a.txt", b"K-1,SECRET-ONE-1\nSECRET-THREE\n")
    assert "<b>1</b><span>新" in window.see(again.headers["location"])
    assert [what for what, _, _ in _done(shop)] == ["import_keys"]


def test_what_is_pasted_is_as_good_as_a_file(shop: Shop, login: Login) -> None:
    window = login()
    csrf = csrf_in(window.http.get("/console/keys/import").text)
    pasted = "卡号甲,密码-甲-1234\r\n卡号乙,密码-乙-1234"
    answer = window.http.post(
        "/console/keys/import", data={"csrf": csrf, "sku": "JD100", "pasted": pasted}, files={"file": ("", b"")}
    )
    page = answer.headers["location"].partition("?")[0]
    window.send(f"{page}/import")
    with shop.services.engine.begin() as conn:
        held = stock.hold(conn, "JD100", 2, "K1", shop.clock.now())
        assert isinstance(held, Held)
    assert shop.rows("SELECT file_name FROM key_batch") == ["粘贴的内容"]


@pytest.mark.parametrize(
    ("name", "content", "form", "told"),
    [
        ("a.csv", b"wrong,header\n1,2\n", {}, "CSV 第一行应是表头"),
        ("a.txt", b"PK\x03\x04rest", {}, "Excel"),
        ("a.txt", b"A-1", {"sku": "HF100"}, "不是卡密商品"),
        ("a.txt", b"A-1", {"sku": "<b>"}, "没有 SKU"),
        ("a.txt", b"A-1", {"cost": "1e9"}, "金额"),
        ("a.txt", b"", {}, "请选择文件"),
    ],
)
def test_what_cannot_be_imported_is_told_before_anything_is_kept(
    shop: Shop, login: Login, name: str, content: bytes, form: dict[str, str], told: str
) -> None:
    answer = _upload(login(), name, content, **form)
    assert answer.status_code == 422
    assert told in answer.text
    assert "<b>'" not in answer.text
    assert shop.rows("SELECT count(*) FROM key_upload") == [0]


def test_an_upload_has_a_limit_and_needs_this_sessions_token(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = login()
    assert _upload(window, "a.txt", b"A-1", csrf="0" * 64).status_code == 403
    assert Window(shop).http.post("/console/keys/import", files={"file": ("a.txt", b"A-1")}).status_code == 303
    monkeypatch.setattr(uploads, "UPLOAD_BYTES_MAX", 2000)
    assert _upload(window, "a.txt", b"A" * 3000).status_code == 413
    broken = window.http.post(
        "/console/keys/import", content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code in (403, 413)
    assert shop.rows("SELECT count(*) FROM key_upload") == [0]


def test_a_look_is_forgotten_after_an_hour_and_is_nobody_elses(shop: Shop, login: Login) -> None:
    anna = login()
    page = _upload(anna, "a.txt", b"A-1").headers["location"].partition("?")[0]
    bob = login(Role.OWNER, "bob")
    assert bob.http.get(page).status_code == 404
    assert bob.send(f"{page}/import").status_code == 404
    shop.passes(61)
    assert anna.http.get(page).status_code == 404
    assert anna.send(f"{page}/import").status_code == 404
    _upload(bob, "b.txt", b"B-1")
    assert shop.rows("SELECT count(*) FROM key_upload") == [1], "his is gone"
    assert bob.send(shop_page(shop) + "/drop").status_code == 303
    assert shop.rows("SELECT count(*) FROM key_upload") == [0]
    assert shop.rows("SELECT count(*) FROM card_key") == [0]


def shop_page(shop: Shop) -> str:
    return f"/console/keys/uploads/{shop.rows('SELECT max(id) FROM key_upload')[0]}"


def test_a_key_is_found_whole_and_in_part_and_is_not_seen(login: Login) -> None:
    window = login()
    _stocked(window)
    for words, number in ((SECRETS[6], 1), ("SECRET-00001", 3), ("nothing like it", 0)):
        page = window.send("/console/keys/search", words=words).text
        assert f"<small>{number}</small>" in page, words
        assert "JD-SECRET" not in page
    assert window.send("/console/keys/search", words="SECRET-00001", sku="JD50").text.count("<small>0</small>")
    assert window.send("/console/keys/search", words="abc").headers["location"].endswith("said=fragment")
    assert window.http.get("/console/keys/search?words=x").status_code == 405, "a key stands in no address"


def test_the_list_of_a_sku_is_turned_page_by_page_and_narrowed(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = login()
    _stocked(window)
    monkeypatch.setattr(keys, "PAGE", 5)
    seen: list[str] = []
    path = "/console/keys/list?sku=JD100"
    while path:
        page = window.see(path)
        seen += re.findall(r"/console/keys/key/(\d+)", page)
        more = re.search(r'href="([^"]*before=\d+)"', page)
        path = more[1] if more else ""
    assert seen == [str(number) for number in sorted(map(int, map(str, _ids(shop, "available"))), reverse=True)]
    first = _ids(shop, "available")[0]
    window.send(f"/console/keys/key/{first}/void", reason="坏了")
    assert re.findall(r"key/(\d+)", window.see("/console/keys/list?sku=JD100&state=void")) == [str(first)]
    batch = shop.rows("SELECT max(id) FROM key_batch")[0]
    assert "<small>11 张" in window.see(f"/console/keys/list?sku=JD100&state=available&batch={batch}")
    assert "没有符合条件" in window.see("/console/keys/list?sku=JD100&batch=999999")
    for query in ("sku=", "sku=%00", "sku=JD100&state=x'--&batch=-1&before=zzz"):
        assert "张</small>" in window.see(f"/console/keys/list?{query}"), query


def test_a_key_is_voided_restored_and_moved_and_its_story_tells(shop: Shop, login: Login) -> None:
    window = login()
    _stocked(window)
    first, second = _ids(shop, "available")[:2]
    page = f"/console/keys/key/{first}"
    assert window.send(f"{page}/void").headers["location"].endswith("said=no_words")
    assert window.send(f"{page}/void", reason="供货商说错了").headers["location"].endswith("said=key_void")
    assert _ids(shop, "void") == [first]
    assert window.send(f"{page}/void", reason="再一次").headers["location"].endswith("said=not_now")
    assert window.send(f"{page}/restore").headers["location"].endswith("said=key_restore")
    moved = window.send(f"/console/keys/key/{second}/move", to="JD50", reason="贴错了")
    assert moved.headers["location"].endswith("said=key_move")
    assert _ids(shop, "available", "JD50") == [second]
    wrong = window.send(f"/console/keys/key/{second}/move", to="HF100")
    assert wrong.headers["location"].endswith("said=no_such_sku")
    assert window.send(f"/console/keys/key/{second}/burn", reason="x").headers["location"].endswith("said=no_words")
    story = window.see(page)
    assert story.index("导入") < story.index("供货商说错了") < story.rindex("恢复")
    assert "operator:anna" in story
    assert [(what, about) for what, about, _ in _done(shop)[1:]] == [
        ("void_key", f"key:{first}"),
        ("restore_key", f"key:{first}"),
        ("move_key", f"key:{second}"),
    ]
    assert window.http.get("/console/keys/key/999999").status_code == 404


def test_a_sold_key_is_shown_to_who_says_why_and_it_is_on_record(shop: Shop, login: Login) -> None:
    window = login()
    _stocked(window, [SECRETS[0]])
    shop.order("京东E卡100元", "确认")
    shop.work()
    [number] = _ids(shop, "sold")
    page = f"/console/keys/key/{number}"
    assert SECRETS[0] not in window.see(page)
    assert window.send(f"{page}/reveal", reason=" ").headers["location"].endswith("said=no_words")
    answer = window.send(f"{page}/reveal", reason="顾客 13812345678 说打不开")
    assert answer.status_code == 200
    assert SECRETS[0] in answer.text
    assert answer.headers["cache-control"] == "no-store"
    what, about, after = _done(shop)[-1]
    assert (what, about) == ("reveal_key", f"key:{number}")
    assert after == {"words": "顾客 138****5678 说打不开"}
    assert SECRETS[0] not in window.see(page), "on that one answer alone"
    assert SECRETS[0] not in window.see("/console/actions")
    shown = shop.rows("SELECT count(*) FROM key_showing WHERE place = 'console'")
    assert shown == [0], "what the buyer saw is told by other rows than what an operator saw"


def test_a_key_somebody_has_looked_at_is_sold_to_nobody(shop: Shop, login: Login) -> None:
    window = login()
    _stocked(window, SECRETS[:2])
    first, held = _ids(shop, "available")
    assert "会转入回收站" in window.see(f"/console/keys/key/{first}")
    assert SECRETS[0] in window.send(f"/console/keys/key/{first}/reveal", reason="看看").text
    assert _ids(shop, "void") == [first]
    assert window.send(f"/console/keys/key/{first}/restore").headers["location"].endswith("said=not_now")
    with shop.services.engine.begin() as conn:
        stock.hold(conn, "JD100", 1, "K1", shop.clock.now())
    refused = window.send(f"/console/keys/key/{held}/reveal", reason="看看")
    assert refused.headers["location"].endswith("said=not_now")
    assert [what for what, _, _ in _done(shop)] == ["import_keys", "reveal_key"]


def test_who_may_import_keys_may_not_see_one_without_the_right_to(shop: Shop, login: Login) -> None:
    _stocked(login(), SECRETS[:1])
    sue = login(Role.SUPPORT, "sue")
    [number] = _ids(shop, "available")
    page = sue.see(f"/console/keys/key/{number}")
    assert "查看原文" not in page
    assert "转入回收站" not in page
    assert sue.send(f"/console/keys/key/{number}/reveal", reason="看看").status_code == 403


@pytest.mark.parametrize("rows", [5, 5_000])
def test_all_of_a_sku_are_changed_in_the_number_that_was_confirmed(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(keys, "_BULK_ROWS", rows)
    window = login()
    _stocked(window)
    with shop.services.engine.begin() as conn:
        stock.hold(conn, "JD100", 2, "K1", shop.clock.now())
    ask = window.see("/console/keys/bulk?act=void&sku=JD100")
    assert "转入回收站：10 张" in ask
    form = {"act": "void", "sku": "JD100", "batch": "", "to": "", "reason": "整批退货"}
    moved = window.send("/console/keys/bulk", **form, count="12")
    assert "count_moved" in moved.headers["location"]
    assert "数量刚才变了" in window.see(moved.headers["location"])
    assert _ids(shop, "void") == []
    done = window.send("/console/keys/bulk", **form, count="10")
    assert "完成 10 张" in window.see(done.headers["location"])
    assert len(_ids(shop, "void")) == 10
    assert len(_ids(shop, "held")) == 2
    window.send("/console/keys/key/3/reveal", reason="看看")
    form = {**form, "act": "restore", "reason": "退错了"}
    back = window.send("/console/keys/bulk", **form, count="10")
    assert "完成 9 张，1 张" in window.see(back.headers["location"])
    to_other = window.send("/console/keys/bulk", **{**form, "act": "move", "to": "JD50"}, count="9")
    assert "完成 9 张" in window.see(to_other.headers["location"])
    assert len(_ids(shop, "available", "JD50")) == 9
    told = [after for what, _, after in _done(shop) if what == "void_keys"]
    assert sum(one["keys"] for one in told) == 10  # type: ignore[index]
    assert window.send("/console/keys/bulk", **{**form, "act": "move", "to": ""}, count="0").status_code == 303


def test_the_stock_of_every_sku_is_found_by_its_words(login: Login) -> None:
    window = login()
    _stocked(window)
    page = window.see("/console/keys?q=京东")
    assert page.count("/console/keys/list?sku=JD") >= 5
    assert "Steam" not in page
    assert re.search(r"<b class=\"\">12</b>", page)
    assert "没有符合的规格" in window.see("/console/keys?q=%25")


def test_a_look_counts_what_stands_under_an_earlier_secret_as_there(shop: Shop) -> None:
    from catalog.key_file import KeyLines
    from catalog.vault import Vault

    earlier, today = Vault(b"e" * 32), Vault(b"t" * 32, [b"e" * 32])
    with shop.services.engine.begin() as conn:
        batch = key_import.start_batch(conn, "JD100", "a", None)
    key_import.import_lines(shop.services.engine, earlier, "JD100", batch, KeyLines(["OLD-KEY-1"]))
    with shop.services.engine.connect() as conn:
        found = key_import.preview(conn, today, KeyLines(["OLD-KEY-1", "NEW-KEY-1", "NEW-KEY-1", "a,b,c"]))
    assert (found.imported, found.duplicate, found.invalid) == (1, 2, 1)


def test_uploads_are_kept_as_long_as_the_page_says() -> None:
    assert key_imports.KEPT_FOR.total_seconds() == 3600
