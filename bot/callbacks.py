"""What WeChat Pay and the suppliers report to us over HTTP: POST /pay/notify and POST /supplier/{name}/notify."""

import logging

from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import delivering, metrics, paying
from bot.bootstrap import Services
from bot.requests import with_body

BODY_MAX_BYTES = 64 * 1024

log = logging.getLogger(__name__)


def routes(services: Services) -> list[Route]:
    """The two routes. Both are cheap to refuse: what is forged costs one signature check and changes nothing."""

    def paid(request: Request, body: bytes) -> Response:
        try:
            problem = paying.take_notice(services, request.headers, body)
        except (OperationalError, TimeoutError) as error:
            log.error("the database is away: %s", type(error).__name__)
            return _fail("系统正忙", 503)  # WeChat Pay tells us again
        metrics.notice_taken("refused" if problem else "taken")
        if problem is None:
            return JSONResponse({"code": "SUCCESS", "message": "成功"})
        # What exactly is wrong stays in our log: a forger learns nothing from the answer.
        return _fail("验证失败", 401)

    def supplied(request: Request, body: bytes) -> Response:
        if not delivering.take_callback(services, request.path_params["name"], body):
            log.warning("a supplier's callback was refused")
            return PlainTextResponse("fail", status_code=401)
        return PlainTextResponse("success")

    return [
        Route("/pay/notify", with_body(paid, BODY_MAX_BYTES, _too_large), methods=["POST"]),
        Route("/supplier/{name}/notify", with_body(supplied, BODY_MAX_BYTES), methods=["POST"]),
    ]


def _too_large() -> Response:
    return _fail("请求过大", 401)


def _fail(message: str, status: int) -> Response:
    """What WeChat Pay wants to read where a notice was not taken (wechat.md, D)."""
    return JSONResponse({"code": "FAIL", "message": message}, status_code=status)
