"""What a group's coordinator says while it moves is no answer; a real broker says it for moments that no test can hit."""

from __future__ import annotations

import time

import pytest

confluent_kafka = pytest.importorskip("confluent_kafka")
from confluent_kafka import KafkaError, KafkaException, TopicPartition  # noqa: E402

from streams.kafka.confluent import coordinator  # noqa: E402
from streams.kafka.confluent.coordinator import Coordinator  # noqa: E402

PLACE = TopicPartition("topic", 0, 7)


class Answers:
    """Gives one answer after the other: an error, or offsets."""

    def __init__(self, *answers):
        self.left = list(answers)

    def __call__(self, _client):
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(answer, int):
            raise KafkaException(KafkaError(answer))
        return answer


@pytest.fixture
def consumer():
    client = confluent_kafka.Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0})
    yield client
    client.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(coordinator, "PAUSE", 0.001)


MOVING = [KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS]


@pytest.mark.parametrize("code", MOVING)
def test_it_is_asked_again_while_it_moves(consumer, code):
    assert Coordinator(lambda: consumer, 5.0).ask(Answers(code, code, [PLACE])) == [PLACE]


def test_it_is_given_up_in_time(consumer):
    began = time.monotonic()
    with pytest.raises(KafkaException) as raised:
        Coordinator(lambda: consumer, 0.05).ask(Answers(KafkaError.NOT_COORDINATOR))
    assert raised.value.args[0].code() == KafkaError.NOT_COORDINATOR
    assert time.monotonic() - began < 5.0


def test_every_other_error_is_raised_at_once(consumer):
    answers = Answers(KafkaError.GROUP_AUTHORIZATION_FAILED, [PLACE])
    with pytest.raises(KafkaException):
        Coordinator(lambda: consumer, 5.0).ask(answers)
    assert answers.left == [[PLACE]]


def test_a_late_client_is_left_behind_and_nothing_is_an_empty_answer(consumer):
    made = []
    asked = Coordinator(lambda: made.append(consumer) or consumer, 0.01)
    with pytest.raises(TimeoutError):
        asked.ask(lambda _client: time.sleep(2))
    assert asked.ask(lambda _client: None) == []
    assert len(made) == 2
