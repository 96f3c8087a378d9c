"""Writes functions.txt: values of the named functions to 62 digits, computed by Arb (python-flint) at 600 bits.

Each line: function, argument (a double, hexadecimal), value. Run: python3 functions.py > functions.txt
"""

import random

from flint import arb, ctx, fmpq

ctx.prec = 600
random.seed(1)
half = arb(1) / 2

FUNCTIONS = {
    "exp": (arb.exp, -40, 40),
    "exp2": (lambda x: arb(2) ** x, -40, 40),
    "expm1": (arb.expm1, -5, 5),
    "ln": (arb.log, 1e-9, 50),
    "log2": (lambda x: x.log() / arb(2).log(), 1e-9, 50),
    "log10": (lambda x: x.log() / arb(10).log(), 1e-9, 50),
    "sqrt": (arb.sqrt, 0, 50),
    "sin": (arb.sin, -50, 50),
    "cos": (arb.cos, -50, 50),
    "tan": (arb.tan, -50, 50),
    "asin": (arb.asin, -1, 1),
    "acos": (arb.acos, -1, 1),
    "atan": (arb.atan, -20, 20),
    "sinh": (arb.sinh, -20, 20),
    "cosh": (arb.cosh, -20, 20),
    "tanh": (arb.tanh, -20, 20),
    "logistic": (lambda x: 1 / (1 + (-x).exp()), -40, 40),
    "gelu": (lambda x: x * (-x / arb(2).sqrt()).erfc() / 2, -10, 10),
    "erf": (arb.erf, -14, 14),
    "erfc": (arb.erfc, -5, 26),
    "airy": (lambda x: x.airy_ai(), -45, 60),
    "airy_prime": (lambda x: x.airy_ai(derivative=1), -45, 60),
    "i_half": (lambda x: x.bessel_i(half), 0, 20),
}

for name, (f, lo, hi) in FUNCTIONS.items():
    span = [random.uniform(lo, hi) for _ in range(14)]
    near = [random.uniform(max(lo, -1), min(hi, 1)) for _ in range(6)]
    small = [2.0**-40 * random.uniform(0.5, 1), 2.0**-4 * random.uniform(0.5, 1)]
    edges = [-1.0, 1.0] if name in ("asin", "acos") else [lo + (hi - lo) * 0.5]
    for x in span + near + small + edges:
        value = f(arb(x)).str(62, radius=False)
        assert "[" not in value, (name, x, value)
        print(name, x.hex(), value)
