"""Real servers for tests."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import redis

from examengine.embedded.redis import find_server


class RedisForTests:
    """One redis-server on a private unix socket, nothing kept on disk; flush it between tests."""

    def __init__(self) -> None:
        # Not under pytest's own folder: a unix socket's path must stay short.
        self.folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self.socket = self.folder / "s"
        self.url = f"unix://{quote(str(self.socket))}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it and answer its URL."""
        command = [*find_server().command, "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        command += ["--dir", str(self.folder), "--hash-max-ziplist-value", "128", "--loglevel", "warning"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            for _ in range(200):
                try:
                    client.ping()
                    return self.url
                except redis.ConnectionError:
                    time.sleep(0.02)
        raise RuntimeError("redis-server did not come up")

    def flush(self) -> None:
        """Forget everything but the scripts."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()

    def stop(self) -> None:
        """Stop it and remove its folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
