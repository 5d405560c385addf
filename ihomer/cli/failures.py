"""How a command fails: one message on standard error and an exit code, no traceback."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

#: Exit code of a program that Ctrl-C ended.
INTERRUPTED = 130

#: Exit code if a Kafka cluster cannot be reached, has no such topic, or refuses access.
KAFKA = 3


class _Failure(click.ClickException):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc] # click says it belongs to the class, and reads it from the object


@contextmanager
def told() -> Iterator[None]:
    """Turn whatever is raised inside into a message and an exit code; warnings become one line each."""
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo(err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            if os.environ.get("IHOMER_DEBUG"):
                traceback.print_exc()
            raise _Failure(message(error), exit_code(error)) from error


def message(error: Exception) -> str:
    """Return what to say: the message alone where it is meant for people, else with the kind of error."""
    from ihomer.evaluation.catalogue import UnknownModelError
    from streams.errors import StreamError

    if isinstance(error, ExceptionGroup):
        return "\n".join(map(message, error.exceptions))
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if text and isinstance(error, (StreamError, UnknownModelError, ValueError, TypeError)):
        return text
    if text and type(error).__module__.startswith(("ihomer", "streams")):
        return text
    kind = type(error).__name__
    return f"{kind}: {text} (IHOMER_DEBUG=1 shows where)" if text else f"{kind} (IHOMER_DEBUG=1 shows where)"


def exit_code(error: Exception) -> int:
    """Return with which code a command ends."""
    from streams.kafka.errors import AccessError, TransportError, UnknownTopicError

    of_kafka = isinstance(error, (AccessError, UnknownTopicError)) or (isinstance(error, TransportError) and error.retriable)
    return KAFKA if of_kafka else 1


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"Warning: {message}", err=True)


@contextmanager
def first_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """While inside: the first Ctrl-C calls `stop`, which ends the work in good order; the second ends it at once.

    What `stop` raises ends a call of the system that waits (a read of a pipe).
    """

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        # Not what was there before: a shell lets what it starts in the background ignore Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        click.echo("\nStopping; Ctrl-C again stops at once.", err=True)
        stop()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
