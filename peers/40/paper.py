"""DPM-Solver-v3 as its paper has it: trapezoidal rules on the levels of the statistics, steps from level to level.

Written from the formulas of arXiv:2310.13268, and sharing nothing with the Rust side but the file of statistics.
"""

import math

import numpy as np

import mixture


class Statistics:
    def __init__(self, path):
        with np.load(path) as arrays:
            self.t, self.log_alpha, self.lamb = arrays["levels"].T
            self.l, self.s, self.b = arrays["l"], arrays["s"], arrays["b"]
        self.alpha = np.exp(self.log_alpha)
        self.sigma = np.exp(self.log_alpha - self.lamb)
        # Cumulative integrals from the noisy end.
        self.big_l, self.big_s = self.trapezoid(self.l), self.trapezoid(self.s)
        self.big_b = self.trapezoid(np.exp(-self.big_s) * self.b)
        self.weight = np.exp(self.big_l + self.big_s)
        self.big_i = self.trapezoid(self.weight)
        self.big_c = self.trapezoid(self.weight * self.big_b)

    def trapezoid(self, values):
        h = np.diff(self.lamb)[:, None]
        return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(0.5 * h * (values[1:] + values[:-1]), axis=0)])

    def moment(self, s, t, k):
        """E_k = ∫ e^{L + S − L_s − S_s} (λ − λ_s)^k/k! dλ."""
        part = slice(s, t + 1)
        values = self.weight[part] / self.weight[s] * ((self.lamb[part] - self.lamb[s]) ** k / math.factorial(k))[:, None]
        return 0.5 * (np.diff(self.lamb[part])[:, None] * (values[1:] + values[:-1])).sum(0)

    def update(self, x, s, t, f, others, pseudo):
        """From level s to t; f maps levels to (σ ε − l x)/α there."""
        g = lambda i: np.exp(self.big_s[s] - self.big_s[i]) * f[i] - np.exp(self.big_s[s]) * (self.big_b[i] - self.big_b[s])
        n = len(others)
        delta = np.array([self.lamb[i] - self.lamb[s] for i in others])
        if pseudo:
            at, table, derivatives = np.append(0, delta), [g(s)] + [g(i) for i in others], []
            for k in range(1, n + 1):
                table = [(table[i + 1] - table[i]) / (at[i + k] - at[i]) for i in range(len(table) - 1)]
                derivatives.append(math.factorial(k) * table[0])
        elif n:
            matrix = delta[:, None] ** np.arange(1, n + 1) / np.array([math.factorial(k) for k in range(1, n + 1)])
            right = np.array([g(i) - g(s) for i in others])
            derivatives = np.linalg.solve(matrix, right.reshape(n, -1)).reshape(right.shape)
        else:
            derivatives = []
        alpha = self.alpha
        out = alpha[t] / alpha[s] * np.exp(self.big_l[s] - self.big_l[t]) * x
        out -= alpha[t] * np.exp(-self.big_l[t] - self.big_s[s]) * (self.big_i[t] - self.big_i[s]) * g(s)
        out -= alpha[t] * np.exp(-self.big_l[t]) * (self.big_c[t] - self.big_c[s] - self.big_b[s] * (self.big_i[t] - self.big_i[s]))
        for k, derivative in enumerate(derivatives, 1):
            out -= alpha[t] * np.exp(self.big_l[s] - self.big_l[t]) * derivative * self.moment(s, t, k)
        return out

    def sample(self, x, order, pseudo_predictor, corrector, pseudo_corrector, tail, steps):
        levels = len(self.lamb) - 1
        assert levels % steps == 0
        node = [m * levels // steps for m in range(steps + 1)]
        answer = lambda x, i: (self.sigma[i] * mixture.noise(x, self.alpha[i], self.sigma[i]) - self.l[i] * x) / self.alpha[i]
        f, before = {node[0]: answer(x, node[0])}, x
        for m in range(1, steps + 1):
            p = min(order, m, steps + 1 - m if tail else order)
            x = self.update(before, node[m - 1], node[m], f, node[m - p : m - 1][::-1], pseudo_predictor)
            if m == steps:
                return x
            # The answer at the predicted point is kept while the point moves.
            f[node[m]] = answer(x, node[m])
            q = p + pseudo_corrector
            if corrector and order > 1 and q > 1:
                others = [node[m]] + node[max(m - q, 0) : m - 1][::-1]
                x = self.update(before, node[m - 1], node[m], f, others[: q - 1], pseudo_corrector)
            before = x
