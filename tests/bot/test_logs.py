"""What must not be read does not reach a log."""

import json
import subprocess
import sys

import pytest

from bot.logs import masked


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("充值 13812345678 失败", "13812345678"),
        ("138 1234 5678", "1234 5678"),
        ("GET /cgi-bin/x?access_token=ACCESS-TOKEN-1", "ACCESS-TOKEN-1"),
        ("/sns/oauth2?appid=wx1&secret=s3cr3t-1&code=c0de-1", "s3cr3t-1"),
        ("/sns/oauth2?appid=wx1&code=c0de-1", "c0de-1"),
        ("postgresql+psycopg://kabot:passw0rd@db/kabot", "passw0rd"),
        ("redis://:passw0rd@cache:6379/0", "passw0rd"),
        ('{"app_secret": "s3cr3t-1"}', "s3cr3t-1"),
    ],
)
def test_phones_and_secrets_are_masked(said: str, hidden: str) -> None:
    assert hidden not in masked(said)


def test_order_numbers_and_prices_stay_readable() -> None:
    line = "order K2611220123456789 paid 9950 fen, SKU HF100, transaction 4200001234202611221234567890"
    assert masked(line) == line


def test_a_message_with_line_breaks_stays_one_line_and_traces_are_masked() -> None:
    program = (
        "import logging; from bot import logs; logs.set_up('INFO', '{}'); log = logging.getLogger('shop')\n"
        "log.info('heard %s', 'a\\nb 13812345678', extra={{'order': 'K1'}})\n"
        "try: raise OSError('13812345678')\n"
        "except OSError: log.exception('broken')\n"
    )
    text, records_text = (
        subprocess.run([sys.executable, "-c", program.format(style)], capture_output=True, text=True, check=True).stderr
        for style in ("text", "json")
    )
    text_lines = text.splitlines()
    assert "heard a⏎b 138****5678 order=K1" in text_lines[0]
    records = [json.loads(line) for line in records_text.splitlines()]
    assert records[0] | {"at": ""} == {
        "at": "",
        "level": "INFO",
        "logger": "shop",
        "message": "heard a\nb 138****5678",
        "order": "K1",
    }
    assert "OSError" in records[1]["trace"]
    assert "13812345678" not in text + records_text
