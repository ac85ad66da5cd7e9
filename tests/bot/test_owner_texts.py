"""The owner's files at the edge: read at start, refused with a clear line, and kept fresh."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot import telling
from bot.bootstrap import build
from bot.cli import main
from bot.config import ConfigError, load_config
from bot.doctor import examine
from bot.lexicon import build_lexicon
from bot.owner_texts import FaqSource, WordingSource, read_faq, unanswered
from bot.shelf_source import ShelfSource
from catalog.files import read_catalog
from catalog.store import import_catalog
from dialogs import replies, wording
from fulfillment import pushing
from fulfillment.pushing import PushKind
from kernel.ids import OpenId

DATA = Path(__file__).parents[2] / "data"
CATALOG = DATA / "catalog.demo.toml"


@pytest.fixture(autouse=True)
def _own_words() -> Iterator[None]:
    yield
    wording.use({})


def write(file: Path, text: str) -> Path:
    """Write a file so that its time differs from what it was, however fast the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))
    return file


def test_the_shop_speaks_in_the_owners_words_from_its_start(database_url: str, redis_url: str, tmp_path: Path) -> None:
    file = write(tmp_path / "w.toml", 'you_are_welcome = "客气啥"')
    config = load_config(environ={"KABOT_APP__WORDING_FILE": str(file), "KABOT_APP__DATA_DIR": str(tmp_path)})
    build(config, database_url=database_url, redis_url=redis_url).engine.dispose()
    assert replies.you_are_welcome() == "客气啥"


def test_changed_wording_is_said_with_the_next_look_and_a_wrong_file_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(tmp_path / "w.toml", 'you_are_welcome = "客气啥"')
    source = WordingSource(file, look_every_s=0)

    def told() -> str:
        source.look()
        return replies.you_are_welcome()

    assert told() == "客气啥"
    write(file, 'you_are_welcome = "应该的"')
    assert told() == "应该的"
    write(file, '\nyou_are_welcome = ""')
    assert told() == "应该的"
    assert "the wording stays as it was" in caplog.text
    assert "line 2: you_are_welcome: is empty" in caplog.text
    file.unlink()
    assert told() == "应该的"
    write(file, "")
    assert told() == "不客气，随时叫我。"


def test_talk_and_pushes_both_look_whether_the_wording_changed(
    tmp_path: Path, engine: Engine, database_url: str, redis_url: str
) -> None:
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(CATALOG))
    file = write(tmp_path / "w.toml", "")
    config = load_config(environ={"KABOT_APP__WORDING_FILE": str(file), "KABOT_APP__DATA_DIR": str(tmp_path)})
    built = build(config, database_url=database_url, redis_url=redis_url)
    try:
        write(file, 'you_are_welcome = "客气啥"')
        until = time.monotonic() + 60
        while replies.you_are_welcome() != "客气啥" and time.monotonic() < until:
            built.shelf.current()
            time.sleep(0.05)
        assert replies.you_are_welcome() == "客气啥"
        services = replace(built, wording=WordingSource(file, look_every_s=0))
        write(file, 'person_says = "店里：{words}"')
        with engine.begin() as conn:
            asked = pushing.ask(conn, PushKind.PERSON, "o", None, services.clock.now(), about_id=0)
        assert asked is not None
        assert telling.push_text(services, OpenId("o"), asked).startswith("店里：")
    finally:
        built.engine.dispose()


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("WORDING_FILE", "\nplaced = 'x'", "own.toml: line 2: placed: {link} is missing"),
        ("FAQ_FILE", "[[faq]]\nask = '营业时间'", "own.toml: line 1: answer is missing or empty"),
        ("WORDING_FILE", "\xff", "own.toml: "),
    ],
)
def test_a_shop_with_a_wrong_file_does_not_start(
    variable: str, text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    database_url: str, redis_url: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="latin-1" if "\xff" in text else "utf-8")
    for name, value in {
        f"APP__{variable}": str(file), "APP__DATA_DIR": str(tmp_path),
        "STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KABOT_{name}", value)
    assert main(["serve", "--port", "0"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("command", ["wording", "faq"])
def test_a_file_in_another_encoding_is_named_with_its_line(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gbk.toml"
    file.write_bytes("# one\r\n# 卡宝\r\n".encode("gbk"))
    assert main([command, "check", str(file)]) == 2
    assert capsys.readouterr().err == f"kabot: {file}: line 2: not UTF-8\n"


@pytest.mark.parametrize("text", ["x = " + "[" * 50_000, "x = 1" + "0" * 5000])
def test_a_file_no_parser_can_read_changes_nothing_while_the_shop_runs(tmp_path: Path, text: str) -> None:
    words = write(tmp_path / "w.toml", 'you_are_welcome = "客气啥"')
    answers = write(tmp_path / "f.toml", '[[faq]]\nask = ["在哪提货"]\nanswer = "南门"\n')
    lexicon = build_lexicon(read_catalog(CATALOG))
    wording_source, faq_source = WordingSource(words, look_every_s=0), FaqSource(answers)
    faq_source.look(lexicon)
    before = faq_source.book
    write(words, text)
    write(answers, text)
    wording_source.look()
    faq_source.look(lexicon)
    assert replies.you_are_welcome() == "客气啥"
    assert faq_source.book is before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: No such file"):
        read_faq(tmp_path / "nowhere.toml")


def test_a_changed_file_works_with_the_next_look_and_a_wrong_one_changes_nothing(
    tmp_path: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(CATALOG))
    file = write(tmp_path / "faq.toml", '[[faq]]\nask = "营业时间"\nanswer = "八点"')
    source = FaqSource(file)
    shelf, lexicon = ShelfSource(engine, also=source.look).current()

    def told() -> str:
        source.look(lexicon)
        found = source.book.find("营业时间", (), shelf)
        return found.answer if found else ""

    assert told() == "八点"
    write(file, '[[faq]]\nask = "营业时间"\nanswer = "九点"')
    assert told() == "九点"
    write(file, '[[faq]]\nask = "营业时间"')
    assert told() == "九点"
    assert "line 1: answer is missing" in caplog.text
    file.unlink()
    assert told() == "九点"
    write(file, '[[faq]]\nask = "营业时间"\nanswer = "十点"')
    assert told() == "十点"


def test_the_book_is_prepared_anew_only_for_another_catalog_or_file() -> None:
    shelf = read_catalog(CATALOG)
    source, lexicon = FaqSource(DATA / "faq.toml"), build_lexicon(shelf)
    source.look(lexicon)
    first = source.book
    source.look(lexicon)
    assert source.book is first
    source.look(build_lexicon(shelf))
    assert source.book is not first


def test_every_question_of_the_demo_gets_its_answer() -> None:
    assert unanswered(read_faq(DATA / "faq.toml"), read_catalog(CATALOG)) == []


def test_the_check_names_questions_that_get_another_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "faq.toml", '[[faq]]\nask = ["没到账怎么办", "几点开门"]\nanswer = "八点"\nproduct = "x"')
    assert main(["faq", "check", str(file)]) == 0
    assert "1 answers, 2 wordings" in capsys.readouterr().out
    assert main(["faq", "check", str(file), "--catalog", str(CATALOG)]) == 2
    said = capsys.readouterr().err
    assert "product x is not in the catalog" in said
    assert "「没到账怎么办」 is read as problem and gets another answer" in said


def test_the_doctor_names_what_the_answers_are_about_and_nobody_sells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine, database_url: str, redis_url: str
) -> None:
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(CATALOG))
    file = write(tmp_path / "faq.toml", '[[faq]]\nask = "能退吗"\nanswer = "能"\nproduct = ["huafei", "gone"]')
    for name, value in {
        "APP__FAQ_FILE": str(file), "APP__DATA_DIR": str(tmp_path),
        "STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KABOT_{name}", value)
    (found,) = [finding for finding in examine() if finding.part == "问答"]
    assert not found.ok
    assert "product gone" in found.words
    assert "huafei" not in found.words


def test_the_list_of_lines_shows_what_is_said_now_and_passes_its_own_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KABOT_APP__WORDING_FILE", str(write(tmp_path / "w.toml", 'added = "加好了"')))
    assert main(["wording", "list"]) == 0
    listed = capsys.readouterr().out
    assert 'added = "加好了"\n' in listed
    assert main(["wording", "check", str(write(tmp_path / "all.toml", listed))]) == 0
    assert "ok: " in capsys.readouterr().out
    assert main(["wording", "check", str(write(tmp_path / "bad.toml", 'added = "{x}"'))]) == 2
    assert "bad.toml: line 1: added: {x} is not known here" in capsys.readouterr().err
