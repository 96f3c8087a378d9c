"""References for logarithms of Bessel functions, from Arb's ball arithmetic (python-flint).

`python references.py FILE` writes the points and values that the tests and the claim of system 35 read, kept as
crates/ansatz-functions/src/special/log_bessel/references.csv: comma-separated v, x, log I_v(x), log K_v(x). The points are decimals of six digits, taken as the nearest doubles; the values are correct
to all 22 digits that are written.
"""

import sys

import numpy
from flint import arb, ctx

DIGITS = 22

# Points near edges and lines between expansions, of every size.
CHOSEN = [
    (0, 1e-6), (0, 1), (0.5, 2), (1, 10), (3.7, 0.01), (10, 30), (15.3, 31), (25, 20), (100, 50), (100, 1000), (139, 3533),
    (511.5, 2000), (1023, 500), (4095, 10000), (16383, 20000), (16383, 1e5), (1e5, 1), (0.25, 1e5), (12.6, 19.6), (12.8, 1e-8),
]


def logarithms(v, x):
    """log I and log K at the doubles v and x, as balls narrower than 10^-DIGITS relative to the values."""
    wanted = arb(10) ** (-DIGITS - 2)
    for bits in (320, 640, 1280, 2560, 5120, 10240):
        ctx.prec = bits
        argument, order = arb(float(x)), arb(float(v))
        far = v > 1000 and x < 1
        log_k = log_k_of_small_argument(order, argument) if far else argument.bessel_k(order).log()
        pair = argument.bessel_i(order).log(), log_k
        if all(value.is_finite() and value.rad() < wanted * abs(value.mid()) for value in pair):
            return pair
    raise ArithmeticError(f"no reference at v = {v}, x = {x}")


def log_k_of_small_argument(v, x):
    """log K_v(x) for v > 1000 and x < 1, where Arb's difference of two I would need millions of bits.

    K = Γ(v)/2 (2/x)^v [Σ_{k < v} (−x²/4)^k Γ(v−k)/(k! Γ(v)) + (a part with I_v)] (DLMF 10.31.1, and 10.27.4 for v that
    is no integer). The terms alternate and fall by more than 1000, and the last part is below (x/2)^2v / Γ(v)² · 2πv.
    """
    q = x * x / 4
    total, term = arb(1), arb(1)
    for k in range(1, 60):
        term = -term * q / (k * (v - k))
        total += term
    total += arb(0, abs(term).upper()) + arb(0, arb(10) ** -400)
    return v.lgamma() - arb(2).log() - v * (x / 2).log() + total.log()


def text(ball):
    ctx.prec = 400
    return ball.mid().str(DIGITS, radius=False)


def families(count, seed=35):
    """The three families of the accuracy statement, and one of extremes: name, orders, arguments."""
    stream = numpy.random.default_rng(seed)

    def log_uniform(lo, hi):
        return numpy.exp(stream.uniform(numpy.log(lo), numpy.log(hi), count))

    yield "(0, 150)²", stream.uniform(0, 150, count), stream.uniform(0, 150, count)
    yield "(0, 1000) × (1, 10⁴)", stream.uniform(0, 1000, count), stream.uniform(1, 1e4, count)
    yield "log-uniform", log_uniform(1e-3, 1e5), log_uniform(1e-6, 1e6)
    yield "extremes", log_uniform(1e-6, 1e6), log_uniform(1e-300, 1e8)


def main():
    points = [(float(v), float(x)) for v, x in CHOSEN]
    for name, v, x in families(750):
        rounded = [(float(f"{a:.6g}"), float(f"{b:.6g}")) for a, b in zip(v, x)]
        points += rounded[:250] if name == "extremes" else rounded
    with open(sys.argv[1], "w", encoding="ascii") as file:
        for v, x in points:
            log_i, log_k = logarithms(v, x)
            file.write(f"{v:.6g},{x:.6g},{text(log_i)},{text(log_k)}\n")


if __name__ == "__main__":
    main()
