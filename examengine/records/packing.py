"""Short JSON texts that every finished attempt leaves, packed as they are kept.

An attempt's answers and marks, and what its chain begins and ends with, are alike but for ids, digests and
instants: with a dictionary of what they have in common deflate makes a third of them. What is read is the text that
was written, to the byte, as the digests over it demand.

A packed text begins with the number of its dictionary. A dictionary never changes, as old rows are read by it: a
better one gets the next number. A text of before schema 0019 stands as it was, in UTF-8; no JSON begins with a
number's byte.
"""

import zlib
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

MAX_TEXT_BYTES = 16 * 1024 * 1024
FIRST = b"\x01"
LEVEL, WINDOW, MEMORY = 6, -15, 5
"""Deflate without a header. More memory packs no better, and costs ten times as long to set up as to pack."""

_DICTIONARY = (
    b'{"answered":50,"answers":"","detail":"","lines":6,"outcome":{"attempt_id":1,"by_person":1,"cause":"sweeper",'
    b'"cause":"deadline","cause":"hand_in","deadline_ms":17,"deadline_reason":"window_closed",'
    b'"deadline_reason":"time_limit","ended_ms":17,"full_hundredths":10000,"generation":1,"id":1,'
    b'"key_version":"sha256:","no":1,"reason":"pass_score","reason":"fail_score","recorded_ms":17,"result":"pass",'
    b'"result":"fail","score_hundredths":,"state":"auto_submitted","state":"submitted"},"questions":50,"receipt":"'
    b'{"attempt":1,"base_deadline_ms":17,"base_reason":"time_limit","contract":"","enrolment":1,"generation":1,'
    b'"generator":1,"no":1,"paper":"","person":"","release":1,"round":1,"rulebook":"sha256:","seed":"",'
    b'"started_ms":17}'
    b'{"cells":[[0,30,1,200,6000],[1,10,0,0,3000],[2,10,0,0,1000]],"items":[[1,"partial",100],[1,"unanswered",0],'
    b'[1,"wrong",0],[2,"right",200],[3,"wrong",0],[4,"right",100],[5,'
    b'","1":"abcd","2":"a,b,c","3":"true","4":"b","5":"c","6":"d","7":"a","1'
)


def pack(text: str) -> bytes:
    """A text as it is kept.

    Raises:
        ValueError: more than 16 MiB.
    """
    plain = text.encode()
    if len(plain) > MAX_TEXT_BYTES:
        raise ValueError("the text is too large")
    packing = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return FIRST + packing.compress(plain) + packing.flush()


def unpack(kept: bytes) -> str:
    """The text that was kept. Of one that was damaged something else, whatever can be made of it: who asks whether a
    text is what it was compares digests, and must get to do so.
    """
    plain = kept
    if kept[:1] == FIRST:
        unpacking = zlib.decompressobj(WINDOW, _DICTIONARY)
        try:
            plain = unpacking.decompress(kept[1:], MAX_TEXT_BYTES)
        except zlib.error:
            plain = b""
    return plain.decode(errors="replace")


class Packed(TypeDecorator[str]):
    """A text for programs, packed bytes for SQL."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else pack(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else unpack(value)
