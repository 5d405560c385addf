"""Format 2 of a checkpoint, byte by byte: what the encoder and the decoder agree on.

::

    offset  bytes  what
    0       8      MAGIC
    8       4      format version              little-endian, unsigned, as all numbers below
    12      4      h, bytes of the header
    16      8      s, bytes of the structure
    24      8      a, bytes of the arrays
    32      h      header: JSON {"kind", "pickles", "versions"}
    32 + h  s      structure: the tree, an item after the other (below)
    ...            zeros up to a multiple of ALIGN
            a      arrays: the raw bytes of each in C order, followed by zeros up to a multiple of ALIGN
            32     SHA-256 of everything before

Every format, this one and those to come, begins with MAGIC and its version and ends with the SHA-256 of all
that stands before it, so that a newer file can be told from a damaged one.

An item of the structure is one byte that says what it is, and its contents. A *length* n is one byte if
n < 255, else the byte 255 and 8 bytes.

====================================  =======================================================================
NONE, TRUE, FALSE                     nothing
INT                                   length, two's complement
FLOAT                                 8 bytes, IEEE 754
STR, NUMPY_STR                        length, UTF-8 (lone surrogates as three bytes)
BYTES, NUMPY_BYTES, PICKLE            length, the bytes
LIST, TUPLE                           length, the items
DICT                                  length, key item and value item of each entry in its order
SET, FROZENSET                        length, the items in the order of their encoded bytes
ARRAY                                 length, dtype as numpy writes it; number of axes, and each, as lengths;
                                      the values stand in the arrays part, in the order of the items
PLANES                                as ARRAY, and the number p of bytes of a record as a length; in the arrays
                                      part the stored length of each plane (8 bytes each), then the p planes: the
                                      first bytes of all records, the second ones, ...; of full length as they are,
                                      shorter ones as zlib streams (`ihomer.checkpoint.planes`)
NUMPY_SCALAR                          length, dtype as numpy writes it; the value's bytes
====================================  =======================================================================

Format 1 had no PLANES, and is read as this one.
"""

from __future__ import annotations

import re
import struct

MAGIC = b"\x89ihomer\n"  # not text, and broken visibly by a transfer as text, as in PNG
FORMAT = 2
#: What is read.
FORMATS = (1, 2)
#: magic, format version, bytes of header, structure and arrays
PREAMBLE = struct.Struct("<8sIIQQ")
DIGEST_BYTES = 32
#: No item of a plain dtype wants a larger alignment (complex128): the arrays could be mapped in place.
ALIGN = 16
#: Headers hold a kind and five version numbers.
MAX_HEADER_BYTES = 1 << 16
#: Containers inside containers: deeper is a mistake (a list that holds itself) or an attack on the stack.
MAX_DEPTH = 100

NONE, TRUE, FALSE = b"N", b"T", b"F"
INT, FLOAT, STR, BYTES = b"i", b"f", b"s", b"b"
LIST, TUPLE, DICT, SET, FROZENSET = b"l", b"t", b"d", b"e", b"z"
ARRAY, NUMPY_SCALAR, NUMPY_STR, NUMPY_BYTES = b"a", b"n", b"u", b"y"
PICKLE, PLANES = b"P", b"p"

FLOAT64 = struct.Struct("<d")
LONG_LENGTH = b"\xff"

#: Booleans, integers, floats, complex, bytes, str, times. Not longdouble (another thing on every platform,
#: with padding of undefined contents), not objects, not records.
PLAIN_DTYPE = re.compile(r"[|<>](b1|[iu][1248]|f[248]|c(8|16)|[SU][1-9][0-9]*|[mM]8(\[[0-9A-Za-z]+\])?)")


def padding(size: int) -> int:
    """Return how many zeros follow `size` bytes up to the next multiple of ALIGN."""
    return -size % ALIGN
