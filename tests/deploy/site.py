"""Two hosts' worth of workers behind the delivered nginx configuration, PostgreSQL and a cluster of three, here."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.databases import a_postgres_server
from tests.deploy.proxy import Proxy
from tests.engines import COMMAND, Engine
from tests.harness import ClusterForTests

PATIENCE_S = 3 * 3600


@dataclass
class Site:
    """Everything that serves."""

    proxy: Proxy
    cluster: ClusterForTests
    hosts: tuple[Engine, Engine]

    def run(self, *command: str, captured: bool = True) -> subprocess.CompletedProcess[str]:
        """A command on the first host, which trusts the proxy; not ``captured``, it speaks for itself."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAMENGINE_")}
        environ = {**kept, **self.hosts[0].environ, "SSL_CERT_FILE": str(self.proxy.certificate)}
        return subprocess.run(
            [COMMAND, *command], check=False, env=environ, capture_output=captured, text=True, timeout=PATIENCE_S
        )


@contextmanager
def a_site(folder: Path, *, workers: int = 2) -> Iterator[Site]:
    """All of it, serving, until the block is left; ``workers`` a host."""
    cluster, proxy = ClusterForTests(), Proxy(folder / "nginx")
    hosts: list[Engine] = []
    with a_postgres_server() as uri:
        try:
            redis_url = cluster.start()
            for no in (1, 2):
                host = folder / f"host{no}"
                host.mkdir()
                hosts.append(Engine(host, uri("postgres"), redis_url, PUBLIC_URL=proxy.url))
            upgraded = hosts[0].run("upgrade")
            assert upgraded.returncode == 0, upgraded.stderr
            for one in hosts:
                one.start("--workers", str(workers))
            proxy.start(hosts[0].port, hosts[1].port)
            yield Site(proxy, cluster, (hosts[0], hosts[1]))
        finally:
            proxy.stop()
            for one in hosts:
                one.close()
            cluster.stop()
