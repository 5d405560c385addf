"""The checkpoint container as bytes: round trips, equal bytes, refusals, hostile input."""

from __future__ import annotations

import collections
import contextlib
import enum
import hashlib
import math
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ihomer.checkpoint import CheckpointError, dumps, loads
from ihomer.checkpoint.layout import MAX_DEPTH, PREAMBLE

DIGEST = 32


def same(a, b):
    """Whether two trees are the same to the bit: classes, order of dicts, signs of zeros, payloads of NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (float, np.generic)):
        return np.asarray(a).tobytes() == np.asarray(b).tobytes()
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (set, frozenset)):
        return {(type(item), item) for item in a} == {(type(item), item) for item in b}
    return a == b


def seal(data):
    """Put the right digest at the end of `data`."""
    return data[:-DIGEST] + hashlib.sha256(data[:-DIGEST]).digest()


names = st.recursive(
    st.text(st.characters(), max_size=5) | st.integers() | st.booleans() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
plain = hnp.scalar_dtypes().filter(lambda dtype: dtype.str[1:] not in ("f12", "f16", "c24", "c32"))
dtypes = plain | hnp.byte_string_dtypes() | hnp.unicode_string_dtypes()
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
numbers = arrays.filter(lambda a: a.ndim == 0).map(lambda a: a[()])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary()
trees = st.recursive(
    leaves | arrays | numbers | st.sets(names, max_size=4) | st.frozensets(names, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(names, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(trees)
@settings(max_examples=150, deadline=None)
def test_round_trip(tree):
    data = dumps(tree, kind="test")
    back = loads(data, kind="test")
    assert same(back, tree)
    assert dumps(back, kind="test") == data


@pytest.mark.parametrize("n", [0, 1, 254, 255, 256, 70_000])
def test_lengths_around_the_long_form(n):
    tree = ["x" * n, b"y" * n, list(range(n)), np.arange(n), 1 << (8 * n), dict.fromkeys(range(n))]
    assert same(loads(dumps(tree, kind="test")), tree)


def test_integers_of_any_size():
    tree = [0, -1, 127, 128, -128, -129, 255, 256, 2**63, -(2**63), 10**5000, -(10**400)]
    assert loads(dumps(tree, kind="test")) == tree


def test_floats_are_exact():
    odd = struct.unpack("<d", b"\1\2\3\4\5\6\xf8\x7f")[0]  # a NaN with a payload
    tree = [math.inf, -math.inf, -0.0, 5e-324, odd]
    assert same(loads(dumps(tree, kind="test")), tree)


def test_arrays_come_back_writeable_and_their_own():
    base = np.arange(24.0).reshape(2, 3, 4)
    readonly = base.copy()
    readonly.flags.writeable = False
    layouts = (base, np.asfortranarray(base), base[:, ::2], base.transpose(2, 0, 1), readonly, np.array(3.5))
    for array in layouts:
        back = loads(dumps([array], kind="test"))[0]
        assert np.array_equal(back, array)
        assert back.shape == array.shape
        assert back.flags.writeable
        assert back.flags.c_contiguous
        assert back.flags.owndata
        assert back.flags.aligned


def test_layout_in_memory_does_not_change_the_bytes():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert dumps(np.asfortranarray(array), kind="test") == dumps(array, kind="test")


def test_state_of_a_generator():
    generator = np.random.default_rng(5)
    generator.random(3)
    other = np.random.default_rng()
    other.bit_generator.state = loads(dumps(generator.bit_generator.state, kind="test"))
    assert other.random() == generator.random()


def test_order_of_dicts_is_kept_and_sets_are_sorted():
    assert list(loads(dumps({"b": 1, "a": 2}, kind="test"))) == ["b", "a"]
    assert dumps({8, 0, 16}, kind="test") == dumps({16, 8, 0}, kind="test")


def test_bytes_do_not_depend_on_the_hash_seed():
    program = (
        "import sys; from ihomer.checkpoint import dumps\n"
        "tree = {'sets': [frozenset(map(str, range(50))), {('a', 1), 'b', 2.5, True}], 'n': 1}\n"
        "sys.stdout.buffer.write(dumps(tree, kind='test'))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


class Colour(enum.IntEnum):
    RED = 1


class Boom:
    """An object whose unpickling would be noticed."""

    loaded = 0

    def __reduce__(self):
        return (Boom._load, ())

    @staticmethod
    def _load():
        Boom.loaded += 1
        return Boom()


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        (Boom(), "Boom"),
        (print, "builtin_function_or_method"),
        (lambda: 0, "function"),
        (Boom, "type"),
        (collections.OrderedDict(), "collections.OrderedDict"),
        (Colour.RED, "Colour"),
        (1j, "complex"),
        (np.array([None]), "a numpy array of dtype object"),
        (np.zeros(2, "i4,f4"), "a numpy array of dtype"),
        (np.zeros(2, np.longdouble), "a numpy array of dtype"),
        (np.ma.zeros(2), "MaskedArray"),
        (np.random.default_rng(1), "Generator"),
    ],
)
def test_what_is_not_plain_is_refused_and_placed(thing, found):
    with pytest.raises(TypeError, match=rf"^model\.learner\[3\]\['a b'\]: .*{found}.*allow_pickle=True"):
        dumps({"model": {"learner": [0, 1, 2, {"a b": thing}]}}, kind="test")


def test_the_root_is_named_too():
    with pytest.raises(TypeError, match=r"^the tree itself: an object of class function"):
        dumps(lambda: 0, kind="test")


@pytest.mark.parametrize("key", [None, b"a", np.int64(1), frozenset(), ("a", None), Colour.RED])
def test_keys_are_names(key):
    with pytest.raises(TypeError, match=r"^a\[.*\]: a key of a dict or a member of a set must be"):
        dumps({"a": {key: 1}}, kind="test", allow_pickle=True)
    with pytest.raises(TypeError, match=r"^a: a key of a dict or a member of a set must be"):
        dumps({"a": {key}}, kind="test", allow_pickle=True)


def test_depth_is_bounded():
    tree = []
    for _ in range(MAX_DEPTH - 1):
        tree = [tree]
    assert loads(dumps(tree, kind="test")) == tree
    with pytest.raises(ValueError, match=f"more than {MAX_DEPTH} containers"):
        dumps([tree], kind="test")
    loop = {}
    loop["me"] = loop
    with pytest.raises(ValueError, match=r"^me\.me\.me\..*more than"):
        dumps(loop, kind="test")
    key = ()
    for _ in range(2000):
        key = (key,)
    with pytest.raises(ValueError, match="more than"):
        dumps({key: 1}, kind="test")


def test_pickles_only_when_both_sides_allow_it():
    data = dumps({"plain": 1, "object": Boom()}, kind="test", allow_pickle=True)
    Boom.loaded = 0
    with pytest.raises(CheckpointError, match=r"stored by pickle.*allow_pickle=True"):
        loads(data)
    assert Boom.loaded == 0
    assert type(loads(data, allow_pickle=True)["object"]) is Boom
    assert Boom.loaded == 1


def test_a_header_that_denies_its_pickles_does_not_help():
    data = dumps(Boom(), kind="test", allow_pickle=True)
    forged = seal(data.replace(b'"pickles":1', b'"pickles":0'))
    Boom.loaded = 0
    with pytest.raises(CheckpointError, match="stored by pickle"):
        loads(forged)
    assert Boom.loaded == 0


def test_what_cannot_be_pickled_is_placed():
    with pytest.raises(TypeError, match=r"^a\[0\]: an object of class function cannot be pickled"):
        dumps({"a": [lambda: 0]}, kind="test", allow_pickle=True)


def test_a_pickle_that_fails_to_load():
    data = seal(dumps(Boom(), kind="test", allow_pickle=True).replace(b"Boom", b"Bomb"))
    with pytest.raises(CheckpointError, match="cannot be loaded: AttributeError"):
        loads(data, allow_pickle=True)


DATA = dumps({"a": [1, 2.5, "x", None], "w": np.arange(6.0), "s": {1, "b"}, "t": ("é", b"\0")}, kind="model")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a checkpoint of ihomer: it is empty"),
        (b"@relation x\n" * 9, "not a checkpoint of ihomer: it begins with b'@relati"),
        (DATA[:5], "truncated"),
        (DATA[:31], "truncated"),
        (DATA[:32], "truncated: 32 bytes, expected"),
        (DATA[:-1], "truncated"),
        (DATA + b"\0", "damaged"),
        (DATA[:100] + b"\0" + DATA[101:], "damaged: its contents do not match the SHA-256"),
        (DATA[:8] + b"\3\0\0\0" + DATA[12:], "damaged"),
        (seal(DATA[:8] + b"\3\0\0\0" + DATA[12:]), r"written in format 3; ihomer .* reads formats up to 2"),
        (seal(DATA[:8] + b"\3\0\0\0" + DATA[12:70] + bytes(99)), "written in format 3"),
    ],
)
def test_bad_bytes(data, message):
    with pytest.raises(CheckpointError, match=message):
        loads(data)


def test_kind_is_checked_when_asked_for():
    assert loads(DATA)["a"][0] == 1
    with pytest.raises(CheckpointError, match="holds a 'model', expected a 'daemon'"):
        loads(DATA, kind="daemon")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_flip_or_cut_is_noticed(data):
    damaged = bytearray(DATA)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(DATA) - 1))
        damaged[at] ^= data.draw(st.integers(1, 255))
    else:
        damaged = damaged[: data.draw(st.integers(0, len(DATA) - 1))]
    with pytest.raises(CheckpointError):
        loads(bytes(damaged))


changed = st.tuples(st.integers(8, len(DATA) - DIGEST - 1), st.integers(0, 255))


@given(st.lists(changed, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_forged_contents_never_raise_anything_else(changes):
    forged = bytearray(DATA)
    for at, byte in changes:
        forged[at] = byte
    with contextlib.suppress(CheckpointError):
        loads(seal(bytes(forged)))


@given(st.binary(max_size=60), st.binary(max_size=40).map(lambda raw: raw + bytes(-len(raw) % 16)))
@settings(max_examples=300, deadline=None)
def test_random_structures_never_raise_anything_else(structure, array_bytes):
    with contextlib.suppress(CheckpointError):
        loads(packed(structure, array_bytes))


def packed(structure, array_bytes=b"", header=b'{"kind":"x","pickles":0,"versions":{}}'):
    """Return a checkpoint of these parts."""
    sizes = (len(header), len(structure), len(array_bytes))
    data = PREAMBLE.pack(b"\x89ihomer\n", 2, *sizes) + header + structure
    return seal(data + bytes(-len(data) % 16) + array_bytes + bytes(DIGEST))


HUGE = b"\xff" + b"\xff" * 8


@pytest.mark.parametrize(
    "structure",
    [
        b"l" + HUGE,
        b"d" + HUGE,
        b"z" + HUGE,
        b"s" + HUGE,
        b"b" + HUGE,
        b"i" + HUGE,
        b"a\x03<f8\x01" + HUGE,  # an axis longer than any memory
        b"a\x03<f8\x21" + b"\1" * 33,  # more axes than numpy has
        b"a\x03<f8" + HUGE,
        b"a\x03<f8\x03" + HUGE + HUGE + b"\0",  # an overflow beside an axis of 0
        b"a\x03|S0\x01" + HUGE,
        b"a\x02|O\x01\x01",
        b"a\x05i4,f4\x01\x01",
        b"a\x0a|S99999999\x00",
        b"a\x17<U99999999999999999999\x01\x00",
        b"a\x07<M8[xx]\x00",
        b"n\x0c|S9999999999",
        b"l\x01" * (MAX_DEPTH + 1) + b"N",
        b"l\x01" * 5000 + b"N",
        b"d\x01" + b"t\x01" * 5000 + b"sN",
        b"d\x01l\x00N",  # a key that cannot be one
        b"d\x02s\x01aNs\x01aN",  # twice the same key
        b"e\x02TT",
        b"s\x01\xff",
        b"NN",
        b"?",
        b"",
        b"P\x01.",
        b"f1234567",
    ],
)
def test_forged_structures(structure):
    with pytest.raises(CheckpointError):
        loads(packed(structure))


def test_arrays_hold_what_their_dtype_can_hold():
    assert loads(packed(b"a\x03|b1\x01\x10", bytes([0, 1] * 8))).sum() == 8
    with pytest.raises(CheckpointError, match="booleans"):
        loads(packed(b"a\x03|b1\x01\x10", bytes([0, 2] * 8)))
    with pytest.raises(CheckpointError, match="not a character"):
        loads(packed(b"a\x03<U1\x01\x04", b"\xff" * 16))
    with pytest.raises(CheckpointError, match="left over"):
        loads(packed(b"N", bytes(16)))


@pytest.mark.parametrize(
    "header",
    [b"", b"[]", b"{}", b"[" * 5000, b"\xff", b'{"kind":1,"pickles":0,"versions":{}}', b'{"kind":"x","pickles":0}'],
)
def test_forged_headers(header):
    with pytest.raises(CheckpointError, match="its header cannot be read"):
        loads(packed(b"N", header=header))


def test_kind_must_be_short():
    with pytest.raises(ValueError, match="short name"):
        dumps(1, kind="x" * 70_000)
