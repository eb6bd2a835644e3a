"""``rediss://`` speaks TLS, and believes only who is who he should be."""

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from examengine.live import Unavailable, connect
from tests.harness import RedisForTests, free_ports

DAY = datetime.timedelta(days=1)


def certify(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), today, today + 9999 * DAY
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.fixture
def with_tls(tmp_path: Path) -> Iterator[tuple[int, Path, Path]]:
    """Port, the server's certificate, and somebody else's."""
    certificate, key = certify(tmp_path, "server")
    other, _ = certify(tmp_path, "other")
    (port,) = free_ports(1)
    files = (f"tls-cert-file {certificate}", f"tls-key-file {key}", f"tls-ca-cert-file {certificate}")
    server = RedisForTests(f"tls-port {port}", *files, "tls-auth-clients no")
    try:
        server.start()
    except RuntimeError:
        pytest.skip("this redis-server was built without TLS")
    yield port, certificate, other
    server.stop()


async def test_the_line_is_encrypted_and_the_server_proves_who_it_is(with_tls: tuple[int, Path, Path]) -> None:
    port, certificate, other = with_tls
    for query, believed in (
        (f"ssl_ca_certs={certificate}", True),
        (f"ssl_ca_certs={other}", False),
        ("ssl_cert_reqs=none", True),
    ):
        calls = connect(f"rediss://127.0.0.1:{port}?{query}")
        if believed:
            assert await calls.command("PING") == b"PONG"
        else:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await calls.command("PING")
        await calls.aclose()
