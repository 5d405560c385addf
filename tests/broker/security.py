"""What clients of a broker need: nothing, TLS with certificates that sign themselves, a login, or both."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.broker.unavailable import Unavailable

USERNAME = "learner"
PASSWORD = "a word; that passes"  # with a blank and a semicolon: settings must carry them
KEY_PASSWORD = "opens the key"


class Security:
    """One of the four kinds of security that Kafka knows, for a broker and for its clients.

    Parameters
    ----------
    kind
        "PLAINTEXT", "SSL" (clients show a certificate), "SASL_PLAINTEXT" or "SASL_SSL" (they log in).
    directory
        Where certificates and keys are put.

    Raises
    ------
    Unavailable
        If openssl is missing, for TLS.
    """

    def __init__(self, kind: str, directory: Path) -> None:
        self.kind = kind
        self.logs_in = kind.startswith("SASL")
        self.speaks_tls = kind.endswith("SSL")
        if self.speaks_tls:
            self._server = certificate(directory, "server")
            self._client = certificate(directory, "client", password=KEY_PASSWORD)

    def properties(self) -> dict[str, str]:
        """Return what the broker's configuration says about it."""
        found: dict[str, str] = {}
        if self.speaks_tls:
            both = self._server.key.with_name("server.pem")
            both.write_bytes(self._server.key.read_bytes() + self._server.cert.read_bytes())
            found |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(both)}
            found |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(self._client.cert)}
            found["ssl.client.auth"] = "none" if self.logs_in else "required"
        if self.logs_in:
            modules = "org.apache.kafka.common.security"
            scram = f"{modules}.scram.ScramLoginModule required;"
            plain = f'{modules}.plain.PlainLoginModule required user_{USERNAME}="{PASSWORD}";'
            found["sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
            found["listener.name.client.plain.sasl.jaas.config"] = plain
            found["listener.name.client.scram-sha-256.sasl.jaas.config"] = scram
            found["listener.name.client.scram-sha-512.sasl.jaas.config"] = scram
        return found

    def users(self) -> list[str]:
        """Return the arguments with which the broker's storage is given the user of SCRAM when it is formatted."""
        kinds = ("SCRAM-SHA-256", "SCRAM-SHA-512") if self.logs_in else ()
        return [word for kind in kinds for word in ("--add-scram", f'{kind}=[name="{USERNAME}",password="{PASSWORD}"]')]

    def settings(self) -> dict[str, str]:
        """Return the `ClusterSettings` of a client that is let in."""
        found = {"security": self.kind}
        if self.speaks_tls:
            found["ca_file"] = str(self._server.cert)
        if self.speaks_tls and not self.logs_in:
            found |= {"cert_file": str(self._client.cert), "key_file": str(self._client.key), "key_password": KEY_PASSWORD}
        if self.logs_in:
            found |= {"username": USERNAME, "password": PASSWORD}
        return found


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, PEM files."""

    cert: Path
    key: Path


def certificate(directory: Path, name: str, *, password: str | None = None) -> Certificate:
    """Make a certificate for loopback that signs itself; its key is encrypted if there is a `password`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Unavailable("openssl is missing, it makes the certificates of a broker with TLS")
    made = Certificate(directory / f"{name}.cert.pem", directory / f"{name}.key.pem")
    lock = ["-nodes"] if password is None else ["-passout", f"pass:{password}"]
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    files = ["-out", str(made.cert), "-keyout", str(made.key)]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-days", "30", *lock, *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    return made
