"""A zip archive opened under limits: its small parts at once, nothing written anywhere."""

import io
import zipfile
from typing import Final

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.markup.media import joined

UNPACKED_BYTES_LIMIT: Final = 120 * 1024 * 1024
PARTS_LIMIT: Final = 20_000
PART_NAME_LIMIT: Final = 500
ENCODING: Final = "binary (zip)"

_TRUNCATED = "文件不完整或已损坏（可能没有上传完），请重新导出后再上传"
# Never a part of a question that can be shown; not worth unpacking.
_NOT_NEEDED: Final = (".mp4", ".m4v", ".mov", ".ogv", ".avi", ".wmv", ".webm", ".pdf", ".exe", ".dll", ".zip")


def unpack(data: bytes) -> dict[str, bytes]:
    """The parts by path, the paths cleaned of ``..`` and leading slashes. Raises ``UnreadableFileError``."""
    parts: dict[str, bytes] = {}
    left = UNPACKED_BYTES_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > PARTS_LIMIT:
                raise UnreadableFileError("zip_bomb", f"压缩包里有 {len(infos)} 个文件，过多；请拆成几个包", ENCODING)
            for info in infos:
                name = joined("", info.filename.replace("\\", "/")[:PART_NAME_LIMIT])
                if info.is_dir() or not name or name.lower().endswith(_NOT_NEEDED):
                    continue
                if info.flag_bits & 1:
                    raise UnreadableFileError("password_protected", "压缩包设有密码，请取消密码后再上传", ENCODING)
                with archive.open(info) as part:
                    content = part.read(left + 1)
                left -= len(content)
                if left < 0:
                    size = UNPACKED_BYTES_LIMIT // 1024 // 1024
                    message = f"文件解压后超过 {size} MB，不予读取；请删去视频等大文件，或拆成几个包"
                    raise UnreadableFileError("zip_bomb", message, ENCODING)
                parts[name] = content
    except (UnreadableFileError, MemoryError):
        raise
    except Exception as broken:
        raise UnreadableFileError("file_truncated", _TRUNCATED, ENCODING) from broken
    return parts
