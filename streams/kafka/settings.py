"""How to reach a Kafka cluster: one frozen object."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How to reach a Kafka cluster.

    Parameters
    ----------
    bootstrap
        ``host:port``, several separated by commas.
    client
        "kafka-python", or "confluent" (extra ``ihomer[confluent]``: reads and writes an order of magnitude faster).
    security
        "PLAINTEXT", "SSL", "SASL_PLAINTEXT" or "SASL_SSL".
    ca_file, cert_file, key_file, key_password
        PEM files for SSL: whom to trust, who we are.
    sasl_mechanism
        "PLAIN", "SCRAM-SHA-256" or "SCRAM-SHA-512".
    username, password
        For SASL.
    max_message_bytes
        The largest record that is read or written.
    patience
        Seconds that one question to the cluster may take before it is an error.
    """

    bootstrap: str = "localhost:9092"
    client: str = "kafka-python"
    security: str = "PLAINTEXT"
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    max_message_bytes: int = 1 << 20
    patience: float = 30.0
