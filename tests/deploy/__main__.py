"""``python -m tests.deploy [--workers N] OPTIONS``: the site of two hosts on this machine, and a drill with OPTIONS.

What it tells of throughput holds for everything on one machine: workers, nginx, PostgreSQL, six Redis and the drill.
"""

import sys
import tempfile
from pathlib import Path

from tests.deploy.proxy import find_nginx
from tests.deploy.site import a_site


def main(options: list[str]) -> int:
    """The drill's exit code."""
    if find_nginx() is None:
        print("no nginx: put it on the path, or name it in EXAMENGINE_TEST_NGINX", file=sys.stderr)
        return 2
    workers = 2
    if options[:1] == ["--workers"]:
        workers, options = int(options[1]), options[2:]
    with (
        tempfile.TemporaryDirectory(prefix="examengine-site-") as folder,
        a_site(Path(folder), workers=workers) as site,
    ):
        return site.run("drill", *options, captured=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
