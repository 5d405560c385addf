"""exp and log in float32 that vectorise: no call and no branch, the same bits on every element of a loop.

The polynomials are those of the Cephes library (Moshier); relative errors below 3e-7. numpy's own functions are calls
that keep a loop over labels from being turned into vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from streams.jit import jit

#: numba calls what it makes with fewer arguments than its definition has; a type checker cannot know that.
_intrinsic: Any = intrinsic
_ONE = np.float32(1.0)
_F, _I = ir.FloatType(), ir.IntType(32)

_LOG = [
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]  # fmt: skip
_EXP = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]


def _f(value: float) -> Any:
    return ir.Constant(_F, float(np.float32(value)))


def _i(value: int) -> Any:
    return ir.Constant(_I, value)


def _polynomial(b: Any, x: Any, coefficients: list[float]) -> Any:
    result = _f(coefficients[0])
    for coefficient in coefficients[1:]:
        result = b.fadd(b.fmul(result, x), _f(coefficient))
    return result


@_intrinsic  # type: ignore[untyped-decorator]
def fast_log(_context: Any, x: Any) -> Any:
    """Return the natural logarithm of a positive normal float32."""
    if x != types.float32:
        return None

    def codegen(_target: Any, b: Any, _signature: Any, arguments: Any) -> Any:
        bits = b.bitcast(arguments[0], _I)
        # x = 2^e m with m between sqrt(1/2) and sqrt(2): 0x3f3504f3 is sqrt(1/2).
        shifted = b.sub(bits, _i(0x3F3504F3))
        e = b.sitofp(b.ashr(shifted, _i(23)), _F)
        m = b.bitcast(b.add(b.and_(shifted, _i(0x7FFFFF)), _i(0x3F3504F3)), _F)
        u = b.fsub(m, _f(1.0))
        z = b.fmul(u, u)
        y = b.fmul(b.fmul(_polynomial(b, u, _LOG), u), z)
        y = b.fsub(y, b.fmul(z, _f(0.5)))
        return b.fadd(b.fadd(u, y), b.fmul(e, _f(0.69314718056)))

    return types.float32(types.float32), codegen


@_intrinsic  # type: ignore[untyped-decorator]
def fast_exp(_context: Any, x: Any) -> Any:
    """Return e^x of a float32 between -87 and 87."""
    if x != types.float32:
        return None

    def codegen(_target: Any, b: Any, _signature: Any, arguments: Any) -> Any:
        x = arguments[0]
        # n = x / log 2 to the nearest integer: adding and taking away 1.5 * 2^23 rounds.
        magic = _f(12582912.0)
        n = b.fsub(b.fadd(b.fmul(x, _f(1.44269504088896341)), magic), magic)
        r = b.fsub(b.fsub(x, b.fmul(n, _f(0.693359375))), b.fmul(n, _f(-2.12194440e-4)))
        y = b.fadd(b.fadd(b.fmul(b.fmul(_polynomial(b, r, _EXP), r), r), r), _f(1.0))
        power = b.shl(b.add(b.fptosi(n, _I), _i(127)), _i(23))
        return b.fmul(y, b.bitcast(power, _F))

    return types.float32(types.float32), codegen


@jit
def log_odds(p, least):  # type: ignore[no-untyped-def]
    """Return the log-odds of p clipped to least..1 - least, in float32; it vectorises."""
    p = min(max(p, least), _ONE - least)
    return fast_log(p / (_ONE - p))


@jit
def exp_block(x, out):  # type: ignore[no-untyped-def]
    """Write e^x; float32 (n,) each. For tests: kernels use `fast_exp` in their own loops."""
    for i in range(len(x)):
        out[i] = fast_exp(x[i])


@jit
def log_block(x, out):  # type: ignore[no-untyped-def]
    """Write log x; float32 (n,) each. For tests: kernels use `fast_log` in their own loops."""
    for i in range(len(x)):
        out[i] = fast_log(x[i])
