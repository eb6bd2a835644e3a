"""nginx with the project's own configuration, on loopback: addresses, names and folders changed, nothing else."""

import contextlib
import datetime
import ipaddress
import os
import shutil
import subprocess
import time
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.harness import free_ports

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
worker_processes 2;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/examengine.conf;
}}
"""


def find_nginx() -> str | None:
    """The program: EXAMENGINE_TEST_NGINX, or the one on the path."""
    return os.environ.get("EXAMENGINE_TEST_NGINX") or shutil.which("nginx")


class Proxy:
    """nginx before two engines; pages are at ``url``, under a certificate that vouches for itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.port = free_ports(2)
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate = folder / "fullchain.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *ports: int) -> None:
        """Start it and wait until it passes requests on."""
        program = find_nginx()
        assert program is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        self._certify()
        (self.folder / "examengine.conf").write_text(self._configured(ports))
        main = self.folder / "main.conf"
        # as root its workers would be somebody else, who may not look into a test's folder
        user = "user root;" if os.getuid() == 0 else ""
        main.write_text(MAIN.format(folder=self.folder, user=user))
        command = [program, "-e", str(self.folder / "error.log"), "-p", str(self.folder), "-c", str(main)]
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        warned = [line for line in tested.stderr.splitlines() if "[warn]" in line and "http2" not in line]
        assert not warned, tested.stderr
        self._process = subprocess.Popen(command)
        ends_s = time.monotonic() + 20
        while True:
            with contextlib.suppress(httpx2.TransportError):
                if self.get("/login").status_code == 200:
                    return
            assert time.monotonic() < ends_s, (self.folder / "error.log").read_text()
            time.sleep(0.05)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """One request over a connection of its own."""
        with httpx2.Client(verify=self._trust(), base_url=self.url) as line:
            return line.get(path, headers=headers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def _trust(self) -> object:
        import ssl

        return ssl.create_default_context(cafile=str(self.certificate))

    def _configured(self, ports: tuple[int, ...]) -> str:
        """The configuration as it is delivered. Every change must find what it changes."""
        text = CONFIGURATION.read_text("utf-8")
        first, second = ports
        for old, new in (
            ("server 10.0.0.11:8000", f"server 127.0.0.1:{first}"),
            ("server 10.0.0.12:8000", f"server 127.0.0.1:{second}"),
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
            ("    listen [::]:80;\n", ""),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("/etc/ssl/examengine/fullchain.pem", str(self.certificate)),
            ("/etc/ssl/examengine/key.pem", str(self.folder / "key.pem")),
            ("/var/log/nginx/examengine.log", str(self.folder / "access.log")),
            ("/var/cache/nginx/examengine", str(self.folder / "cache")),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        assert text.count("server_name exam.example.gov.cn;") == 2
        return text.replace("server_name exam.example.gov.cn;", "server_name 127.0.0.1;")

    def _certify(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        began = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + datetime.timedelta(days=365 * 50))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (self.folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
