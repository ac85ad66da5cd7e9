"""What an operator does about his own login: another password, and a second factor on his phone."""

import base64
import binascii

import segno
from starlette.responses import Response

from console import accounts, gate, second_factor
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown

SESSIONS = "/console/sessions"
_SEALED_MAX = 400


class Mine:
    """The pages about oneself."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def _is_password(self, asked: Asked) -> bool:
        now = self._parts.clock.now()
        given = asked.form.get("password", "")
        return accounts.is_password(self._parts.engine, asked.operator, given, address=asked.address, now=now)

    def change_password(self, asked: Asked) -> Response:
        """POST /console/me/password."""
        if not self._is_password(asked):
            return gate.said(SESSIONS, "wrong_password")
        try:
            with self._parts.engine.begin() as conn:
                accounts.change_own_password(conn, asked.operator, asked.form.get("new", ""))
                record(self._parts, asked, "change_password", f"operator:{asked.operator.name}")(conn)
        except ValueError:
            return gate.said(SESSIONS, "bad_password")
        return gate.said(SESSIONS, "password_changed")

    def factor(self, asked: Asked) -> Response:
        """GET /console/me/factor: a new secret as a QR code. It counts once a code of it was given."""
        return self._factor(asked, second_factor.new_secret(), "")

    def _factor(self, asked: Asked, secret: str, problem: str) -> Response:
        uri = second_factor.uri(secret, asked.operator.name, self._parts.shop_name)
        sealed = second_factor.seal(self._parts.backroom.vault, secret, asked.operator.id)
        return shown(
            self._parts,
            asked,
            "factor.html",
            422 if problem else 200,
            qr=segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=3, light="#fff"),
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            sealed=base64.b64encode(sealed).decode(),
            problem=problem,
            codes=(),
        )

    def factor_on(self, asked: Asked) -> Response:
        """POST /console/me/factor: with the password and a first code. Answers with the recovery codes, once."""
        try:
            sealed = base64.b64decode(asked.form.get("sealed", "")[:_SEALED_MAX], validate=True)
        except binascii.Error:
            sealed = b""
        secret = second_factor.opened(self._parts.backroom.vault, sealed, asked.operator.id)
        if secret is None:
            return gate.said("/console/me/factor", "not_now")
        step = second_factor.fitting_step(secret, asked.form.get("code", ""), self._parts.clock.now())
        if step is None:
            return self._factor(asked, secret, "验证码不对：请看手机时间准不准，再输入一次新的")
        if not self._is_password(asked):
            return self._factor(asked, secret, "当前密码不对，或尝试次数太多")
        with self._parts.engine.begin() as conn:
            codes = second_factor.turn_on(conn, asked.operator.id, sealed, step)
            record(self._parts, asked, "factor_on", f"operator:{asked.operator.name}")(conn)
        return shown(self._parts, asked, "factor.html", qr="", secret="", sealed="", problem="", codes=codes)

    def factor_off(self, asked: Asked) -> Response:
        """POST /console/me/factor/off."""
        if not self._is_password(asked):
            return gate.said(SESSIONS, "wrong_password")
        with self._parts.engine.begin() as conn:
            second_factor.turn_off(conn, asked.operator.id)
            record(self._parts, asked, "factor_off", f"operator:{asked.operator.name}")(conn)
        return gate.said(SESSIONS, "factor_off")
