"""Minimax polynomials: Sollya's Remez exchange and certified supremum norm against our exchange."""

import re
import shutil
import subprocess

from ours import not_checked, row

# remez(1, n, d, 1/f) minimises the largest |p/f - 1|; supnorm encloses it.
SCRIPT = """
prec = 400!; display = decimal!; verbosity = 0!;
f = {function}; d = [{lo}; {hi}];
for n from 1 to {degree} do {{
  p = remez({goal}, n, d, {weight}, 1b-60);
  s = supnorm(p, f, d, {kind}, 1b-50);
  print("degree", n, inf(s), sup(s));
}};
"""

CASES = (
    ("2^x", "2^x", "0", "1", "relative", 10),
    ("2^x", "2^x", "0", "1", "absolute", 10),
    ("exp(x)", "exp(x)", "0", "1", "relative", 9),
    ("cos(x)", "cos(x)", "0", "1", "absolute", 8),
    ("log2(x)", "log2(x)", "1", "2", "absolute", 9),
)


def polynomials(ours):
    if shutil.which("sollya") is None:
        return [not_checked("Sollya", "minimax polynomials", "sollya is not installed")]
    rows = []
    for ours_text, function, lo, hi, kind, degree in CASES:
        goal, weight = ("1", f"1/({function})") if kind == "relative" else (function, "1")
        script = SCRIPT.format(function=function, lo=lo, hi=hi, degree=degree, goal=goal, weight=weight, kind=kind)
        output = subprocess.run(["sollya"], input=script, capture_output=True, text=True, check=False).stdout
        theirs = {int(n): (float(a), float(b)) for n, a, b in re.findall(r"^degree (\d+) (\S+) (\S+)$", output, re.M)}
        for n, error in ours("remez", ours_text, f"[{lo}, {hi}]", kind, degree):
            what = f"{ours_text} on [{lo}, {hi}], degree {n}"
            if int(n) not in theirs:
                rows.append(not_checked("Sollya", what, "Sollya gave no enclosure"))
                continue
            low, high = theirs[int(n)]
            error = float(error)
            # Their polynomial is optimal to 2^-60 only, ours is levelled to 1e-10.
            holds = low * (1 - 1e-9) <= error <= high * (1 + 1e-9)
            rows.append(row("Sollya", what, holds, f"{kind}: ours {error:.9e}, Sollya [{low:.9e}, {high:.9e}]"))
    return rows
