"""What a `kafka:` spec may say, and that it gives no secret away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams import StreamError, open_stream
from streams.kafka.spec import TopicSpec, cluster_settings, parse

LOGIN = {"IHOMER_CLUSTER_USERNAME": "anna", "IHOMER_CLUSTER_PASSWORD": "s3cret", "IHOMER_CLUSTER_KEY_PASSWORD": "k3y"}


def test_a_topic_alone():
    assert parse("kafka:orders", {}) == TopicSpec("orders")


def test_all_that_can_be_said():
    found = parse(
        "kafka:a.b_c-1?bootstrap=one:9092,two:9093&client=confluent&security=SASL_SSL&ca_file=%2Fca.pem&cert_file=c.pem"
        "&key_file=k.pem&sasl_mechanism=PLAIN&max_message_bytes=5000&patience=2.5&from=2026-01-31T12:00+01:00&until=never"
        "&partitions=3,0",
        LOGIN,
    )
    assert found.topic == "a.b_c-1"
    assert found.start == datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert found.endless
    assert found.partitions == (0, 3)
    cluster = found.cluster
    assert (cluster.bootstrap, cluster.client, cluster.security) == ("one:9092,two:9093", "confluent", "SASL_SSL")
    assert (cluster.ca_file, cluster.cert_file, cluster.key_file) == ("/ca.pem", "c.pem", "k.pem")
    assert (cluster.sasl_mechanism, cluster.max_message_bytes, cluster.patience) == ("PLAIN", 5000, 2.5)
    assert (cluster.username, cluster.password, cluster.key_password) == ("anna", "s3cret", "k3y")


@pytest.mark.parametrize("start", ["earliest", "latest", 0, 17])
def test_places(start):
    assert parse(f"kafka:t?from={start}", {}).start == start


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("form=earliest", "no parameter 'form'; did you mean 'from'?"),
        ("zzz=1", "no parameter 'zzz', expected bootstrap, client"),
        ("bootstrap", "expected parameter=value|found a part without '='"),
        ("from=1&from=2", "parameter 'from' is given twice"),
        ("from=yesterday", "an offset or a time such as 2026-01-31T12:00:00Z, found 'yesterday'"),
        ("from=-1", "from must be earliest"),
        ("until=10", "until must be end or never, found '10'"),
        ("client=kafka", "client must be kafka-python or confluent, found 'kafka'"),
        ("security=ssl", "security must be PLAINTEXT or SSL"),
        ("patience=0", "patience must be a number above 0, found '0'"),
        ("patience=nan", "patience must be a number above 0"),
        ("max_message_bytes=1.5", "max_message_bytes must be a whole number above 0, found '1.5'"),
        ("partitions=0,-1", "partitions must be numbers separated by commas, found '0,-1'"),
        ("partitions=", "partitions must be numbers"),
        ("bootstrap=broker", "bootstrap must be host:port, found 'broker'"),
        ("security=SASL_SSL", "needs a username: set IHOMER_CLUSTER_USERNAME"),
    ],
)
def test_what_is_refused(query, message):
    with pytest.raises(StreamError, match=r"^kafka:t: ") as caught:
        parse(f"kafka:t?{query}", {})
    assert any(part in str(caught.value) for part in message.split("|"))


@pytest.mark.parametrize("spec", ["kafka:", "kafka:a/b", "kafka:?from=1", f"kafka:{'a' * 250}"])
def test_names_that_no_topic_has(spec):
    with pytest.raises(StreamError, match="a topic has 1 to 249 letters"):
        parse(spec, {})


@pytest.mark.parametrize(
    "query",
    [
        "password=s3cret",
        "username=anna:s3cret",
        "key_password=s3cret",
        "pasword=s3cret",
        "bootstrap=anna:s3cret@broker:9092",
        "s3cret",
        "password=a&password=s3cret",
    ],
)
def test_secrets_are_refused_and_not_repeated(query):
    with pytest.raises(StreamError) as caught:
        open_stream(f"kafka:t?{query}")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StreamError) as caught:
        open_stream(f"kafka:t?{query}", label_columns="a")
    assert "s3cret" not in str(caught.value)


def test_secrets_are_not_shown():
    settings = cluster_settings({"security": "SASL_SSL"}, LOGIN)
    assert "s3cret" not in repr(settings)
    assert "k3y" not in repr(settings)


def test_a_spec_may_be_longer_than_a_file_name():
    with pytest.raises(StreamError, match="no parameter 'zzz'"):
        open_stream(f"kafka:t?ca_file={'a' * 300}&zzz=1")
