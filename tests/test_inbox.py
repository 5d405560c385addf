"""The inbox of the daemon: what is good does not depend on how records come, and what is bad leaves nothing behind."""

from __future__ import annotations

import math

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER
from ihomer.daemon.inbox import KINDS, Inbox
from ihomer.daemon.settings import Limits
from streams.kafka.protocol import Record
from streams.message import MessageError, MessageRows

TIGHT = Limits(message_bytes=200, features=4, labels=2, new_features=6, new_labels=3)
