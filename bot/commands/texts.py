"""`kabot wording` and `kabot faq`: the shop's own texts and answers."""

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.catalog import read_file
from bot.commands.connecting import AFile, BadInputError, group
from bot.config import load_config

wording_app = group("The shop's own wording.")
faq_app = group("The shop's own answers to questions.")


@wording_app.command("list")
def wording_list() -> None:
    """Print every line the bot says, by name, as a file to edit; what [app] wording_file changes is in it."""
    from bot.owner_texts import read_wording
    from dialogs import wording

    print("# 机器人说的每一句，按名字。改好要改的，删掉其余的，存成文件，写进 config.toml 的 [app] wording_file。")
    print("# {…} 是到时候才知道的内容，换行写 \\n。检查：kabot wording check 文件")
    print(wording.written(read_wording(load_config().app.wording_file)), end="")


@wording_app.command("check")
def wording_check(file: AFile) -> None:
    """Check a file of one's own wording and name everything wrong with it by line."""
    from bot.owner_texts import read_wording

    print(f"ok: {len(read_wording(file))} lines")


@faq_app.command("check")
def faq_check(
    file: AFile,
    catalog: Annotated[Path | None, typer.Option(metavar="FILE", help="Catalog file to check against.")] = None,
) -> None:
    """Check a file of answers. With a catalog: also its products, and whether each question finds its answer."""
    from bot.owner_texts import read_faq, unanswered

    entries = read_faq(file)
    wrong = unanswered(entries, read_file(catalog)) if catalog is not None else []
    if wrong:
        raise BadInputError("\nkabot: ".join(f"{file}: {line}" for line in wrong))
    print(f"ok: {len(entries)} answers, {sum(len(entry.asks) for entry in entries)} wordings")
