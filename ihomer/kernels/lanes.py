"""Sums of products in lanes: as fast as vector instructions allow, and the same bits on every machine."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from streams.jit import jit

#: Rows that are multiplied are padded with zeros to a multiple of so many columns.
LANES = 32

#: numba calls what it makes with fewer arguments than its definition has; a type checker cannot know that.
_intrinsic: Any = intrinsic
_utils: Any = cgutils
_INT = ir.IntType(64)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def padded(n: int) -> int:
    """Return how many columns n take.

    Examples
    --------
    >>> padded(0), padded(1), padded(32), padded(33)
    (32, 32, 32, 64)
    """
    return max(-(-n // LANES), 1) * LANES


def _row(context: Any, b: Any, array_type: Any, array: Any, index: Any) -> tuple[Any, Any]:
    """Return the address of the data and where row `index` begins."""
    made = context.make_array(array_type)(context, b, array)
    return made.data, b.mul(index, b.extract_value(made.shape, 1))


@_intrinsic  # type: ignore[untyped-decorator]
def lane_dot(_context: Any, a: Any, i: Any, b: Any, j: Any, n: Any) -> Any:
    """Return sum over k < n of a[i, k] b[j, k] as float32; n a multiple of `LANES`; C-contiguous float32 arrays.

    Lane l adds the products k = l, l + 32, ... one after the other; then the upper half of the lanes is added to the
    lower, five times. A loop over k would have to be left in its order, and every addition would wait for the last.
    """
    if not all(isinstance(x, types.Array) and x.dtype == types.float32 and x.ndim == 2 and x.layout == "C" for x in (a, b)):
        return None

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        cast = [context.cast(builder, arguments[p], signature.args[p], types.int64) for p in (1, 3, 4)]
        left, left_start = _row(context, builder, signature.args[0], arguments[0], cast[0])
        right, right_start = _row(context, builder, signature.args[2], arguments[2], cast[1])

        def load(data: Any, at: Any) -> Any:
            return builder.load(builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer()), align=4)

        total = _utils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * LANES))
        steps = _utils.for_range_slice(builder, ir.Constant(_INT, 0), cast[2], ir.Constant(_INT, LANES), inc=True)
        with steps as (k, _):
            x, y = load(left, builder.add(left_start, k)), load(right, builder.add(right_start, k))
            builder.store(builder.fadd(builder.load(total), builder.fmul(x, y)), total)
        value = builder.load(total)
        width = LANES
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(
                    value, value, ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(start, start + width)))
                )
                for start in (0, width)
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return types.float32(a, i, b, j, n), codegen


@jit
def dot_block(a, b, out):  # type: ignore[no-untyped-def]
    """Write the product of row i of `a` and of `b`; float32 (m, n), (m, n), (m,). For tests of `lane_dot`."""
    for i in range(len(a)):
        out[i] = lane_dot(a, i, b, i, a.shape[1])
