"""The gate before pages that take a file: the same checks, a larger body, and nothing of it on a disk."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from console import accounts, gate, render
from console.accounts import Operator
from console.desk import Parts
from console.gate import SESSION_COOKIE, Asked, Endpoint
from console.roles import Right, may

UPLOAD_BYTES_MAX = 16 * 1024 * 1024
"""About 500,000 card keys; larger files are for the command line."""
_FIELD_BYTES_MAX = 4 * 1024 * 1024
"""Of what is pasted."""
_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes = field(repr=False)


UploadPage = Callable[[Asked, Upload | None], Response]


class _InMemory(MultiPartParser):
    spool_max_size = UPLOAD_BYTES_MAX + 1  # card keys lie on no disk in clear, not for a moment


class _TooLargeError(Exception):
    """More came than is taken."""


def guarded_upload(parts: Parts, page: UploadPage, right: Right) -> Endpoint:
    """The page behind the gate, for operators with this right. Nothing is read of a stranger's body."""

    async def endpoint(request: Request) -> Response:
        token = request.cookies.get(SESSION_COOKIE, "")
        operator = await run_in_threadpool(accounts.who, parts.engine, token, parts.life, parts.clock.now())
        if operator is None:
            return gate.to_login(request)
        if not may(operator.role, right):
            return gate.no_right()
        try:
            form, upload = await _read(request)
        except _TooLargeError:
            return render.problem(
                413, "文件太大", f"网页最多上传 {UPLOAD_BYTES_MAX // 1024 // 1024} MB，更大的文件请用命令行导入。"
            )
        except (MultiPartException, UnicodeDecodeError):
            return render.problem(413, "内容读不了", "请返回重新选择文件；粘贴的内容最多 4 MB。")
        return await run_in_threadpool(_through, page, request, operator, token, form, upload)

    return endpoint


def _through(
    page: UploadPage, request: Request, operator: Operator, token: str, form: dict[str, str], upload: Upload | None
) -> Response:
    if not gate.is_csrf(token, form.get("csrf", "")):
        return gate.page_expired()
    return page(Asked(request, operator, gate.csrf_of(token), form), upload)


async def _read(request: Request) -> tuple[dict[str, str], Upload | None]:
    """The fields of a form, and its file. A form without one may come as any other form does."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        given = await gate.read_form(request)
        if given is None:
            raise _TooLargeError
        return given, None
    parser = _InMemory(
        request.headers, _limited(request), max_files=1, max_fields=gate.FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX
    )
    form: dict[str, str] = {}
    upload: Upload | None = None
    async with _Closing(await parser.parse()) as given_form:
        for name, value in given_form.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    upload = Upload(value.filename.replace("\0", "")[-_NAME_MAX:], await value.read())
            else:
                form[name] = value.replace("\0", "")
    return form, upload


class _Closing:
    """Closes the files of a form."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    async def __aenter__(self) -> FormData:
        return self._form

    async def __aexit__(self, *_: object) -> None:
        await self._form.close()


async def _limited(request: Request) -> AsyncGenerator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > UPLOAD_BYTES_MAX:
            raise _TooLargeError
        yield chunk
