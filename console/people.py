"""Who works in the shop: added, given another role or password, logged out, let in no more. The owner's page."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response

from console import accounts, gate, passwords, render, second_factor
from console.accounts import Person
from console.desk import Parts
from console.gate import Asked
from console.roles import ROLE_NAMES, Role
from console.showing import record, shown

PATH = "/console/people"


class People:
    """The pages about operators."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/people."""
        return self._page(asked, "", "")

    def _page(self, asked: Asked, name: str, password: str) -> Response:
        with self._parts.engine.connect() as conn:
            found = accounts.people(conn)
        return shown(
            self._parts, asked, "people.html", people=found, roles=ROLE_NAMES, new_name=name, new_password=password
        )

    def add(self, asked: Asked) -> Response:
        """POST /console/people: with a password made here, shown on this answer alone."""
        name, role = asked.form.get("name", "").strip(), asked.form.get("role", "")
        if not accounts.is_name(name) or role not in set(Role):
            return gate.said(PATH, "bad_name")
        password = passwords.generated()
        with self._parts.engine.begin() as conn:
            added = accounts.add(conn, name, password, Role(role), self._parts.clock.now())
            if added:
                record(self._parts, asked, "add_operator", f"operator:{name}", role=role)(conn)
        return self._page(asked, name, password) if added else gate.said(PATH, "bad_name")

    def detail(self, asked: Asked) -> Response:
        """GET /console/people/{id}."""
        return self._detail(asked, "")

    def _detail(self, asked: Asked, password: str) -> Response:
        with self._parts.engine.connect() as conn:
            person = self._person(conn, asked)
            sessions = accounts.sessions_of(conn, asked.number("id"))
        if person is None:
            return render.problem(404, "没有这个人", "请从人员页查找。")
        return shown(
            self._parts,
            asked,
            "person.html",
            person=person,
            sessions=sessions,
            roles=ROLE_NAMES,
            new_password=password,
        )

    def _person(self, conn: Connection, asked: Asked) -> Person | None:
        return next((one for one in accounts.people(conn) if one.id == asked.number("id")), None)

    def set_role(self, asked: Asked) -> Response:
        """POST /console/people/{id}/role."""
        role = asked.form.get("role", "")
        if role not in set(Role):
            return gate.said(PATH, "not_now")

        def act(conn: Connection, person: Person) -> bool:
            return person.role != role and accounts.set_role(conn, person.name, Role(role))

        return self._act(asked, "set_role", "role_set", act, before="role", role=role)

    def off(self, asked: Asked) -> Response:
        """POST /console/people/{id}/off."""
        return self._act(asked, "operator_off", "person_off", lambda conn, one: accounts.shut_out(conn, one.name))

    def _act(
        self,
        asked: Asked,
        what: str,
        code: str,
        act: Callable[[Connection, Person], bool],
        before: str = "active",
        **after: object,
    ) -> Response:
        """What takes something from somebody: not from oneself, and never from the last owner."""
        with self._parts.engine.begin() as conn:
            person = self._person(conn, asked)
            if person is None:
                return gate.said(PATH, "not_now")
            page = f"{PATH}/{person.id}"
            if person.id == asked.operator.id or accounts.is_last_owner(conn, person.id):
                return gate.said(page, "last_owner")
            if not act(conn, person):
                return gate.said(page, "not_now")
            was = {before: person.role.value if before == "role" else person.active}
            told = after or {"active": False}
            record(self._parts, asked, what, f"operator:{person.name}", was, lambda _: told)(conn)
        return gate.said(page, code)

    def new_password(self, asked: Asked) -> Response:
        """POST /console/people/{id}/password: another one, shown on this answer alone; lets him in again."""
        password = passwords.generated()
        with self._parts.engine.begin() as conn:
            person = self._person(conn, asked)
            if person is None:
                return gate.said(PATH, "not_now")
            accounts.set_password(conn, person.name, password)
            was, now = {"active": person.active}, {"active": True}
            record(self._parts, asked, "operator_password", f"operator:{person.name}", was, lambda _: now)(conn)
        return self._detail(asked, password)

    def factor_off(self, asked: Asked) -> Response:
        """POST /console/people/{id}/factor: for who has lost his phone and his recovery codes."""
        with self._parts.engine.begin() as conn:
            person = self._person(conn, asked)
            if person is None or not person.has_second:
                return gate.said(PATH, "not_now")
            second_factor.turn_off(conn, person.id)
            record(self._parts, asked, "operator_factor_off", f"operator:{person.name}")(conn)
        return gate.said(f"{PATH}/{asked.number('id')}", "factor_off")

    def log_out(self, asked: Asked) -> Response:
        """POST /console/people/{id}/logout: everywhere."""
        with self._parts.engine.begin() as conn:
            person = self._person(conn, asked)
            if person is None or person.id == asked.operator.id:
                return gate.said(PATH, "not_now")
            accounts.log_out_everywhere(conn, person.id)
            record(self._parts, asked, "operator_logout", f"operator:{person.name}")(conn)
        return gate.said(f"{PATH}/{person.id}", "person_logged_out")
