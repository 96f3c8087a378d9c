"""Function values and program errors in the ball arithmetic of Arb (python-flint)."""

import ast
import json
import math
import operator
import random

from ours import not_checked, row

try:
    import flint
    from flint import arb

    flint.ctx.prec = 320
except ImportError as error:
    flint, MISSING = None, error


def functions():
    one, two = arb(1), arb(2)
    return {
        "exp": lambda v: v.exp(), "exp2": lambda v: two**v, "expm1": lambda v: v.expm1(), "ln": lambda v: v.log(),
        "log": lambda v: v.log(), "log2": lambda v: v.log() / two.log(), "log10": lambda v: v.log() / arb(10).log(),
        "sqrt": lambda v: v.sqrt(), "sin": lambda v: v.sin(), "cos": lambda v: v.cos(), "tan": lambda v: v.tan(),
        "asin": lambda v: v.asin(), "acos": lambda v: v.acos(), "atan": lambda v: v.atan(), "sinh": lambda v: v.sinh(),
        "cosh": lambda v: v.cosh(), "tanh": lambda v: v.tanh(), "erf": lambda v: v.erf(), "erfc": lambda v: v.erfc(),
        "ai": lambda v: v.airy_ai(), "airy": lambda v: v.airy_ai(),
        "i_half": lambda v: (two / (arb.pi() * v)).sqrt() * v.sinh(),
        "bessel_i_half": lambda v: (two / (arb.pi() * v)).sqrt() * v.sinh(),
        "logistic": lambda v: one / (one + (-v).exp()), "sigmoid": lambda v: one / (one + (-v).exp()),
        "gelu": lambda v: v * (one + (v / two.sqrt()).erf()) / two, "abs": abs,
    }


OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow}


def expression(text):
    """A function of an arb; the decimal numbers in the text are taken exactly. `LookupError` names what is unknown."""
    source = text.replace("^", "**")
    tree = ast.parse(source, mode="eval").body
    known = functions()
    constants = {"pi": arb.pi(), "e": arb(1).exp(), "ln2": arb(2).log()}

    def build(node):
        match node:
            case ast.Constant():
                value = arb(ast.get_source_segment(source, node))
                return lambda x: value
            case ast.Name(id="x"):
                return lambda x: x
            case ast.Name(id=name) if name in constants:
                return lambda x: constants[name]
            case ast.Name(id=name) if name in known:
                return known[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = build(operand)
                return lambda x: -inner(x)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                left, right, apply = build(left), build(right), OPERATORS[type(op)]
                return lambda x: apply(left(x), right(x))
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in known:
                outer, inner = known[name], build(argument)
                return lambda x: outer(inner(x))
        raise LookupError(f"no Arb expression for {ast.unparse(node)!r}")

    return build(tree)


def values(ours, count):
    """Every named target at random points: 50 digits must agree."""
    if flint is None:
        return [not_checked("Arb", "function values", MISSING)]
    rows = []
    for name, text, lo, hi, *_ in ours("names"):
        try:
            f = expression(text)
        except LookupError as error:
            rows.append(not_checked("Arb", f"{name} = {text}", error))
            continue
        lo, hi = float.fromhex(lo), float.fromhex(hi)
        stream = random.Random(f"ansatz {name}")
        points = [lo + (hi - lo) * (1 - stream.random()) for _ in range(count)]
        printed = ours("values", name, given="\n".join(x.hex() for x in points))
        worst, at, failures = 0.0, None, abs(len(printed) - count)
        for x, (digits, *_) in zip(points, printed):
            exact = f(arb(x))
            error = abs(arb(digits) / exact - 1) if exact != 0 else abs(arb(digits))
            error = float(error.upper())
            if not error <= 1e-50:
                failures += 1
            if not error <= worst:
                worst, at = error, x
        detail = f"{count} points, largest relative difference {worst:.1e}" + (f" at {at!r}" if failures else "")
        rows.append(row("Arb", f"{name} = {text}", failures == 0, detail))
    return rows


def program_function(program):
    """A program of a program file, over the reals."""

    def constant(entry):
        # Hexadecimal floating point to an exact ball.
        return arb(float.fromhex(entry["hi"])) + arb(float.fromhex(entry["lo"]))

    constants = [constant(entry) for entry in program["constants"]]
    apply = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
        "fma": lambda a, b, c: a * b + c, "sqrt": lambda a: a.sqrt(), "exp": lambda a: a.exp(),
        "double": lambda a: a * 2, "half": lambda a: a / 2, "quadruple": lambda a: a * 4, "quarter": lambda a: a / 4,
    }

    def evaluate(x):
        stack = []
        for node in program["nodes"]:
            if node == "x":
                stack.append(x)
                continue
            ((name, operands),) = node.items()
            stack.append(constants[operands] if name == "constant" else apply[name](*(stack[i] for i in operands)))
        return stack[-1]

    return evaluate


def largest_error(program, f, lo, hi, weight, count=2001):
    """The largest error at Chebyshev points and at the peaks between them, as a ball's upper end; and where."""
    p = program_function(program)

    def error(x):
        exact = f(arb(x))
        difference = abs(p(arb(x)) - exact)
        return float((difference / abs(exact) if weight == "relative" else difference).upper())

    points = [lo + (hi - lo) * (0.5 - 0.5 * math.cos(math.pi * (i + 0.5) / count)) for i in range(count)] + [lo, hi]
    points = sorted({x for x in points if lo < x <= hi})
    errors = [error(x) for x in points]
    if not all(map(math.isfinite, errors)):
        return math.inf, next(x for x, e in zip(points, errors) if not math.isfinite(e))
    best, at = max(zip(errors, points))
    for i in range(1, len(points) - 1):
        if errors[i] >= max(errors[i - 1], errors[i + 1]) and errors[i] > 0.9 * best:
            a, b = points[i - 1], points[i + 1]
            for _ in range(60):
                c, d = a + (b - a) / 3, b - (b - a) / 3
                a, b = (c, b) if error(c) < error(d) else (a, d)
            best, at = max((best, at), (error((a + b) / 2), (a + b) / 2))
    return best, at


def agrees(measured, claimed):
    """A bound must not lie below what was found, nor far above it."""
    return measured <= claimed * (1 + 1e-9) and claimed <= measured * 1.02


def published(ours):
    """The published programs for 2^x: our largest error against Arb's."""
    if flint is None:
        return [not_checked("Arb", "published programs", MISSING)]
    f = expression("2^x")
    rows = []
    for name, weight, error, text in ours("published"):
        measured, at = largest_error(json.loads(text), f, 0.0, 1.0, weight)
        detail = f"{weight}: ours {float(error):.6e}, Arb {measured:.6e} at {at:.6g}"
        rows.append(row("Arb", f"{name} over the reals", abs(measured / float(error) - 1) < 1e-4, detail))
    return rows


def certified(path):
    """A kept program against the bound of its certificate."""
    certificate = json.loads(path.read_text())
    name = path.name.removesuffix(".certificate.json")
    program = json.loads(path.with_name(name + ".json").read_text())
    lo, hi, bound = (
        float.fromhex(number)
        for number in (certificate["interval"]["lo"], certificate["interval"]["hi"], certificate["bound"])
    )
    measured, at = largest_error(program, expression(certificate["function"]), lo, hi, certificate["weight"])
    detail = f"{certificate['weight']}: proved {bound:.6e}, Arb {measured:.6e} at {at:.6g}"
    return row("Arb", name, agrees(measured, bound), detail)


def front(folder):
    """Every entry of a discovery's front.json, or of a folder of programs NAME.json with their NAME.certificate.json."""
    path = folder / "front.json"
    if flint is None:
        return [not_checked("Arb", "front", MISSING)]
    certificates = sorted(folder.glob("*.certificate.json"))
    if certificates:
        return [certified(path) for path in certificates]
    if not path.is_file():
        return [not_checked("Arb", "front", f"there is no {path}; --front FOLDER names the folder of a discovery")]
    document = json.loads(path.read_text())
    entries = document if isinstance(document, list) else document["entries"]
    rows = []
    for number, entry in enumerate(entries):
        program = entry["program"]
        if isinstance(program, str):
            program = json.loads((folder / program).read_text())
        about = {**(document if isinstance(document, dict) else {}), **entry}
        lo, hi = (float(v) for v in about["interval"])
        measured, at = largest_error(program, expression(about["function"]), lo, hi, about["weight"])
        detail = f"{about['weight']}: ours {entry['error']:.6e}, Arb {measured:.6e} at {at:.6g}"
        rows.append(row("Arb", f"front entry {number}", agrees(measured, entry["error"]), detail))
    return rows
