"""Whether the system says that its clock follows a time server."""

import ctypes
import sys

STA_UNSYNC = 0x0040
TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """``struct timex`` of 64-bit Linux, up to what is read; the rest is room for the kernel."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


def is_synchronised() -> bool | None:
    """What the kernel says, which every time service (chrony, ntpd, systemd-timesyncd) tells; None where it does not
    say: another system, or a container that may not ask.
    """
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != 8:
        return None
    try:
        ask = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    told = _Timex()  # modes = 0: only asked, nothing is set
    state = int(ask(ctypes.byref(told)))
    if state < 0:
        return None
    return state != TIME_ERROR and not told.status & STA_UNSYNC
