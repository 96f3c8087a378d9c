//! The expansions with fewer terms, or where they are not the best: what error against work is drawn from.

use super::{Branch, Kind, Lanes, Scaling, debye, hankel, series};

impl Branch {
    /// `log I_v(x)` or `log K_v(x)` by this expansion with terms up to `last`, at `v ≥ 0` and `x > 0` of moderate size that need not be its
    /// own; `None` elsewhere, for a branch without terms, for one that lacks `last`, and for the series of `K`.
    ///
    /// ```
    /// use ansatz_functions::special::log_bessel::{Branch, Kind};
    /// // At half-integer orders Hankel's expansion of K ends by itself: K_{3/2} takes one term.
    /// let one = Branch::Hankel.partial(Kind::K, 1.5, 2.0, 1);
    /// assert_eq!(one, Branch::Hankel.partial(Kind::K, 1.5, 2.0, 20));
    /// ```
    pub fn partial(self, kind: Kind, v: f64, x: f64, last: usize) -> Option<f64> {
        if !(v >= 0.0 && x > 0.0 && debye::is_tame(v, x)) {
            return None;
        }
        let (a, b) = (Lanes([v]), Lanes([x]));
        let value = match (self, kind) {
            (Self::Hankel, _) if last <= hankel::LAST => hankel::value_to(kind, Scaling::None, a, b, last).0[0],
            (Self::Debye, _) if last <= debye::LAST => debye::value_to(kind, Scaling::None, a, b, last).0[0],
            (Self::Series, Kind::I) if last <= series::LAST => series::value_to(Scaling::None, a, b, last).0[0],
            _ => return None,
        };
        Some(value)
    }
}
