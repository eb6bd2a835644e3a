"""What a file really is, by its first bytes and not by its name."""

import io
import struct
import zipfile
from typing import Literal

from examengine.banks.cells.grid import FILE_BYTES_LIMIT, UnreadableFileError

Nature = Literal["xlsx", "xls", "tables", "separated"]

TABLE_SEARCH_BYTES = 400_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF8_GLOBALS = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_OTHER_NATURES = (
    (b"%PDF", "not_a_workbook", "这是 PDF 文件，请把题目整理到模板（.xlsx）后上传"),
    (b"{\\rtf", "not_a_workbook", "这是 RTF 文档，请用 Word 或 WPS 另存为 .docx 后上传"),
    (b"Rar!", "not_a_workbook", "这是 RAR 压缩包，请解压后上传其中的表格文件"),
    (b"7z\xbc\xaf", "not_a_workbook", "这是 7z 压缩包，请解压后上传其中的表格文件"),
    (b"\x1f\x8b", "not_a_workbook", "这是 gzip 压缩包，请解压后上传其中的表格文件"),
    (b"\xdb\xa5-\x00", "not_a_workbook", "这是早期的 Word 文档（.doc），请用 Word 或 WPS 另存为 .docx 后上传"),
    (b"MIME-Version:", "not_a_workbook", "这是单个文件网页（.mht），请用 Word 或 WPS 打开后另存为 .docx 再上传"),
    (b"\x89PNG", "not_a_workbook", "这是图片，请把题目整理到模板（.xlsx）后上传"),
    (b"\xff\xd8\xff", "not_a_workbook", "这是图片，请把题目整理到模板（.xlsx）后上传"),
)


def nature_of(data: bytes) -> Nature:
    """Which reader a file needs. Raises ``UnreadableFileError`` for what none of them reads."""
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise UnreadableFileError("file_empty", "文件是空的，请确认选对了文件，或重新导出")
    if len(data) > FILE_BYTES_LIMIT:
        size = len(data) / 1024 / 1024
        raise UnreadableFileError(
            "file_too_large", f"文件有 {size:.0f} MB，超过 25 MB，请拆成几个文件，或删去其中的图片后再上传"
        )
    if data[:2] == b"PK":
        return _nature_of_zip(data)
    if data[: len(_OLE)] == _OLE:
        return _nature_of_compound(data)
    for start, code, message in _OTHER_NATURES:
        if data.startswith(start):
            raise UnreadableFileError(code, message)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if _holds_tables(data, head):
        return "tables"
    if head.startswith(b"<?xml") and (b"word.document" in head or b"office/word/2003/wordml" in head):
        raise UnreadableFileError("not_a_workbook", "这是 Word 的 XML 文档，请用 Word 或 WPS 另存为 .docx 后上传")
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<?xml", b"<workbook")):
        raise UnreadableFileError(
            "not_a_workbook",
            "这是网页或 XML 格式的文件，里面没有表格；请用 Excel 或 WPS 打开后另存为 .xlsx",
        )
    return "separated"


def _holds_tables(data: bytes, head: bytes) -> bool:
    """True for a web page with a table, and for Excel's XML of 2003: what systems export under the name .xls."""
    if head.startswith((b"<?xml", b"<workbook")):
        return b"urn:schemas-microsoft-com:office:spreadsheet" in head
    page = head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style", b"<body"))
    return page and b"<tr" in data[:TABLE_SEARCH_BYTES].lower()


def _nature_of_zip(data: bytes) -> Nature:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
            kind = archive.read("mimetype")[:80] if "mimetype" in names else b""
    except Exception as broken:
        raise UnreadableFileError(
            "file_truncated", "文件不完整或已损坏（可能没有上传完），请重新导出后再上传", "binary (zip)"
        ) from broken
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        message = "这是二进制工作簿（.xlsb），请用 Excel 另存为 .xlsx"
    elif any(name.startswith("word/") for name in names):
        message = "这是 Word 文档，但里面没有正文；请用 Word 或 WPS 打开后另存为 .docx 再上传"
    elif any(name.startswith("ppt/") for name in names):
        message = "这是演示文稿，请把题目整理到模板（.xlsx）后上传"
    elif b"opendocument.text" in kind:
        message = "这是 OpenDocument 文档（.odt），请另存为 .docx 后上传"
    elif b"opendocument.spreadsheet" in kind:
        message = "这是 OpenDocument 表格（.ods），请另存为 .xlsx"
    else:
        message = "这是压缩包，里面没有认得的题库；请解压后上传其中的题库文件"
    raise UnreadableFileError("not_a_workbook", message, "binary (zip)")


def _nature_of_compound(data: bytes) -> Nature:
    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("EncryptedPackage") or _asks_for_a_password(data):
        raise UnreadableFileError(
            "password_protected", "文件设有打开密码，请取消密码（另存为时不设密码）后再上传", "binary (OLE2)"
        )
    if holds("WordDocument"):
        raise UnreadableFileError(
            "not_a_workbook", "这是旧式 Word 文档（.doc），请用 Word 或 WPS 另存为 .docx 后上传", "binary (OLE2)"
        )
    return "xls"


def _asks_for_a_password(data: bytes) -> bool:
    """True where the workbook stream of an .xls has a FILEPASS record (0x2F) among its first."""
    at = data.find(_BIFF8_GLOBALS)
    for _ in range(6):
        if at < 0 or at + 4 > len(data):
            return False
        number, length = struct.unpack_from("<HH", data, at)
        if number == 0x2F:
            return True
        at += 4 + length
    return False
