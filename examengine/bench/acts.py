"""What candidates do, as generators: each yields a request and gets the raw answer, and returns what was wrong with
it, "" where nothing was.

The requests are a browser's: its headers, the cookie, our origin, the page's token.
"""

import random
import re
from collections.abc import Callable, Generator
from itertools import count
from urllib.parse import quote

from examengine.bench.jobs import Subject

Act = Generator[bytes, bytes, str]
BROWSER = (
    b"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    b"Chrome/131.0.0.0 Safari/537.36\r\n"
    b'sec-ch-ua: "Chromium";v="131", "Not_A Brand";v="24"\r\nsec-ch-ua-mobile: ?0\r\n'
    b'sec-ch-ua-platform: "Windows"\r\nAccept-Language: zh-CN,zh;q=0.9\r\n'
    b"Accept-Encoding: gzip, deflate, br\r\nSec-Fetch-Site: same-origin\r\n"
)
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SCRIPT = b"Accept: application/json\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
NAVIGATES = (
    b"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
    b"Sec-Fetch-User: ?1\r\nUpgrade-Insecure-Requests: 1\r\n"
)
STATUS = slice(9, 12)
LOCATION = re.compile(rb"\r\nlocation: *(?:https?://[^/\r]+)?([^\r]+)", re.IGNORECASE)
SESSION = re.compile(rb"\r\nset-cookie: *session=([^;\r]+)", re.IGNORECASE)
WORD = re.compile(rb'"word":"(\w+)"')
STAMP = re.compile(rb'"at":(\d+)')
WAIT = re.compile(rb'"wait":(\d+)')
SPREAD = re.compile(rb'"spread":(\d+)')
ASK_AGAIN = re.compile(rb'data-ask-again="(\d+)"')
SENT_ON = 4
"""So many pages a sign-in may send one on to."""


class Acts:
    """Makes requests to one server. ``words``: what live sittings answered; ``newest_saved_ms``: see ``Tally``.

    ``wait_ms``: how long the page of the newest pulse was told to wait; ``spread_ms``: over which time its like ask
    when their time is up; 0: it was not told.

    ``first``: the number of the first operation; a page's numbers grow.
    """

    def __init__(self, origin: str, password: str = "", seed: int = 1, first: int = 1) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - which item is answered next
        self._numbers = count(first)
        self._host = b"Host: %b\r\n" % origin.partition("://")[2].encode()
        self._origin = b"Origin: %b\r\nReferer: %b/\r\n" % (origin.encode(), origin.encode())
        self._password = password
        self.words: dict[str, int] = {}
        self.newest_saved_ms = 0
        self.wait_ms = self.spread_ms = 0
        self._by_name: dict[str, Callable[[Subject], Act]] = {
            "bare": lambda _one: self._bare("/bench/bare"),
            "bare_write": lambda _one: self._bare("/bench/bare_write"),
            "save": self.save,
            "pulse": self.pulse,
            "start": self._start,
            "reopen": self._reopen,
            "submit": self._submit,
            "sign_in": self._sign_in,
            "wall": self._wall,
        }

    def of(self, name: str) -> Callable[[Subject], Act]:
        """The act of that name."""
        return self._by_name[name]

    def save(self, one: Subject) -> Act:
        """One answer to a question of the paper."""
        item, value = self._dice.randint(1, one.items), self._dice.choice("abcd")
        body = f"t={quote(one.token)}&n={next(self._numbers)}&i={item}&k=a&b=0&v={value}".encode()
        answer = yield self._post(f"/sittings/{one.attempt_id}/answers", body, one.cookie, SCRIPT)
        if b'"saved"' not in answer:
            return self._told(answer)
        stamp = STAMP.search(answer)
        if stamp is not None:
            self.newest_saved_ms = max(self.newest_saved_ms, int(stamp[1]))
        return self._told(answer, "")

    def pulse(self, one: Subject) -> Act:
        """A sign of life."""
        return self._pulse(one, "")

    def last_word(self, one: Subject) -> Act:
        """That of a page whose time is up: all was sent."""
        return self._pulse(one, "&done=1")

    def _pulse(self, one: Subject, more: str) -> Act:
        body = f"t={quote(one.token)}&n={next(self._numbers)}{more}".encode()
        answer = yield self._post(f"/sittings/{one.attempt_id}/pulse", body, one.cookie, SCRIPT)
        wait = WAIT.search(answer)
        self.wait_ms = int(wait[1]) if wait else 0
        spread = SPREAD.search(answer)
        self.spread_ms = int(spread[1]) if spread else 0
        return self._told(answer, "" if b'"alive"' in answer else None)

    def get_result(self, one: Subject) -> bytes:
        """The request for the page of one's result."""
        return self._get(b"/sittings/%d/result" % one.attempt_id, one.cookie)

    def _bare(self, path: str) -> Act:
        answer = yield self._post(path, b"", "", SCRIPT)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _start(self, one: Subject) -> Act:
        """The contract confirmed, and the page that follows."""
        body = f"t={quote(one.form)}&intent={quote(one.intent)}&honest=on".encode()
        answer = yield self._post(f"/enrolments/{one.enrolment_id}/start", body, one.cookie, NAVIGATES)
        found = LOCATION.search(answer)
        if answer[STATUS] != b"303" or found is None or not found[1].startswith(b"/sittings/"):
            return _status(answer)
        answer = yield self._get(found[1], one.cookie)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _reopen(self, one: Subject) -> Act:
        answer = yield self._get(b"/sittings/%d" % one.attempt_id, one.cookie)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _submit(self, one: Subject) -> Act:
        """Handed in, and the page of the marked result."""
        body = f"t={quote(one.token)}".encode()
        answer = yield self._post(f"/sittings/{one.attempt_id}/hand-in", body, one.cookie, NAVIGATES)
        found = LOCATION.search(answer)
        if answer[STATUS] != b"303" or found is None or not found[1].endswith(b"/result"):
            return _status(answer)
        answer = yield self._get(found[1], one.cookie)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _sign_in(self, one: Subject) -> Act:
        """Number and password, and on to one's own exams."""
        body = f"t={quote(one.form)}&username={quote(one.username)}&password={quote(self._password)}".encode()
        answer = yield self._post("/login", body, "", NAVIGATES)
        cookie = SESSION.search(answer)
        if cookie is None:
            return _status(answer)
        session = cookie[1].decode()
        for _ in range(SENT_ON):
            found = LOCATION.search(answer)
            if answer[STATUS] != b"303" or found is None:
                break
            answer = yield self._get(found[1], session)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _wall(self, one: Subject) -> Act:
        answer = yield self._get(b"/operator/wall", one.cookie)
        return "" if answer[STATUS] == b"200" else _status(answer)

    def _told(self, answer: bytes, right: str | None = None) -> str:
        """Count the word; what was wrong, ``right`` where that is known."""
        found = WORD.search(answer)
        word = found[1].decode() if found else _status(answer)
        self.words[word] = self.words.get(word, 0) + 1
        return word if right is None else right

    def _post(self, path: str, body: bytes, cookie: str, kind: bytes) -> bytes:
        return b"POST %b HTTP/1.1\r\n%b%b%b%b%bCookie: session=%b\r\nContent-Length: %d\r\n\r\n%b" % (
            path.encode(),
            self._host,
            BROWSER,
            kind,
            self._origin,
            FORM,
            cookie.encode(),
            len(body),
            body,
        )

    def _get(self, path: bytes, cookie: str) -> bytes:
        return b"GET %b HTTP/1.1\r\n%b%b%bCookie: session=%b\r\n\r\n" % (
            path,
            self._host,
            BROWSER,
            NAVIGATES,
            cookie.encode(),
        )


def _status(answer: bytes) -> str:
    return answer[STATUS].decode("latin-1") if answer else "no answer"
