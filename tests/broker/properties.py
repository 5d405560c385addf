"""The configuration of a Kafka of one node, broker and controller in one."""

from __future__ import annotations

from collections.abc import Mapping


def server_properties(ports: tuple[int, int, int], *, security: str = "PLAINTEXT", bind: str = "127.0.0.1") -> dict[str, str]:
    """Return the properties of a small broker with all its parts on one machine.

    Parameters
    ----------
    ports
        For clients, for the broker itself and administrators, for the controller.
    security
        What clients need; the other two ports are always plain.
    bind
        The address that the port for clients is bound to; it is told to them as 127.0.0.1.
    """
    client, internal, controller = ports
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "INTERNAL",
        "listeners": f"CLIENT://{bind}:{client},INTERNAL://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}",
        "listener.security.protocol.map": f"CLIENT:{security},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        # One node cannot hold the three copies that these topics have by default, and 50 partitions are slow to make.
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        # After kill -9 the broker may come back only when it is believed to be gone: 9 s by default. Not much less than this,
        # or a busy machine makes a broker that lives look like one that is gone.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # Nobody else will come: a group need not wait 3 s for more members.
        "group.initial.rebalance.delay.ms": "0",
    }


def as_text(properties: Mapping[str, str]) -> str:
    """Return a properties file."""
    return "".join(f"{key}={value}\n" for key, value in properties.items())
