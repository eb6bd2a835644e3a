"""How often a password may be tried: by account and device, never by address (an exam room shares one).

On one device an account has 5 tries, then waits 30 s, doubling up to 15 minutes. All devices together that have
never signed this account in have 10, then wait 2 s, doubling up to a minute: who tries from ever new devices is
slowed, and cannot keep the person from a device on which he has signed in before. An hour without a failure
forgets.
"""

import hashlib

from examengine.live.coalesce import Coalescer
from examengine.live.scripts import Script, load

CHECK = load("sign_in_check", "_sign_in")
FAILED = load("sign_in_failed", "_sign_in")
SUCCEEDED = load("sign_in_succeeded", "_sign_in")
LIFT = load("sign_in_lift", "_sign_in")
WITHDRAWN = load("sign_in_withdrawn", "_sign_in")


class SignInLimits:
    """Delays for sign-ins, in ms.

    ``account_key`` names the account whether it exists or not; ``device`` is the browser's own lasting id, ""
    where it brought none. All raise ``Unavailable`` where Redis does not answer.
    """

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls

    async def check(self, account_key: str, device: str, now_ms: int) -> int:
        """How long to wait before a password may be looked at; 0 allows one try, which counts from now."""
        return await self._ask(CHECK, account_key, device, now_ms)

    async def failed(self, account_key: str, device: str, now_ms: int) -> int:
        """After a wrong password: how long until the next try."""
        return await self._ask(FAILED, account_key, device, now_ms)

    async def succeeded(self, account_key: str, device: str, now_ms: int) -> None:
        """After the right password: forget this device's failures and know the device."""
        await self._ask(SUCCEEDED, account_key, device, now_ms)

    async def withdrawn(self, account_key: str, device: str, now_ms: int) -> None:
        """Take an allowed try back because the password was never looked at: our fault, not the person's."""
        await self._ask(WITHDRAWN, account_key, device, now_ms)

    async def lift(self, account_key: str, now_ms: int) -> None:
        """Forget the account's failures, on every device: the desk knows the person."""
        await self._ask(LIFT, account_key, "", now_ms)

    async def _ask(self, script: Script, account_key: str, device: str, now_ms: int) -> int:
        account, browser = _short(account_key), _short(device) if device else ""
        tag = f"{{signin:{account}}}"
        keys = (f"{tag}:device:{browser}", f"{tag}:strange", f"{tag}:known", f"{tag}:lifted")
        return int(await self._calls.run(script, keys, (now_ms, browser)))


def _short(name: str) -> str:
    """Whatever a form or cookie brings becomes a key of bounded length."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
