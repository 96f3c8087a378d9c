//! NSGA-II's choice of survivors: non-dominated sorting, then crowding distance.
//!
//! Every fitness is better the larger it is. One candidate dominates another if it is nowhere smaller and somewhere
//! larger. The first front are those that nobody dominates, the second those that only the first dominates, and so on;
//! within a front, who stands alone comes first. The crowding distance of a candidate is the sum over the fitnesses of
//! the gap between its two neighbours, relative to the spread of the front; the ends of a front are infinitely far.
//!
//! Cost: `O(m n²)` comparisons for `n` candidates and `m` fitnesses.
//!
//! Source: Deb, Pratap, Agarwal & Meyarivan 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II".

/// Whether `a` dominates `b`.
fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
}

/// The fronts, the best first, as indices in increasing order.
pub(super) fn fronts(fitness: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let n = fitness.len();
    // For each candidate, whom it dominates, and by how many it is dominated that have no front yet.
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); n];
    let mut above = vec![0usize; n];
    for i in 0..n {
        for j in 0..n {
            if dominates(&fitness[i], &fitness[j]) {
                below[i].push(j);
                above[j] += 1;
            }
        }
    }
    let mut fronts = Vec::new();
    let mut front: Vec<usize> = (0..n).filter(|&i| above[i] == 0).collect();
    while !front.is_empty() {
        let mut next = Vec::new();
        for &i in &front {
            for &j in &below[i] {
                above[j] -= 1;
                if above[j] == 0 {
                    next.push(j);
                }
            }
        }
        next.sort_unstable();
        fronts.push(std::mem::replace(&mut front, next));
    }
    fronts
}

/// The crowding distance of each member of a front, in its order.
///
/// Where the spread of a fitness is not finite, because a member failed, it only tells the ends apart.
pub(super) fn crowding(front: &[usize], fitness: &[Vec<f64>]) -> Vec<f64> {
    let n = front.len();
    let mut distance = vec![0.0; n];
    let Some(&first) = front.first() else { return distance };
    for m in 0..fitness[first].len() {
        let value = |place: usize| fitness[front[place]][m];
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        let (low, high) = (order[0], order[n - 1]);
        (distance[low], distance[high]) = (f64::INFINITY, f64::INFINITY);
        let spread = value(high) - value(low);
        if spread > 0.0 && spread.is_finite() {
            for three in order.windows(3) {
                distance[three[1]] += (value(three[2]) - value(three[0])) / spread;
            }
        }
    }
    distance
}

/// All candidates, the best first: front by front, in each the least crowded first, equals in their order.
pub(super) fn ranking(fitness: &[Vec<f64>]) -> Vec<usize> {
    let mut ranking = Vec::with_capacity(fitness.len());
    for front in fronts(fitness) {
        let distance = crowding(&front, fitness);
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&a, &b| distance[b].total_cmp(&distance[a]));
        ranking.extend(order.into_iter().map(|place| front[place]));
    }
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    /// The definition: a candidate is in the first front of which nobody left over dominates it.
    fn obvious(fitness: &[Vec<f64>]) -> Vec<Vec<usize>> {
        let mut left: Vec<usize> = (0..fitness.len()).collect();
        let mut fronts = Vec::new();
        while !left.is_empty() {
            let better = |a: usize, b: usize| {
                let mut somewhere = false;
                for (x, y) in fitness[a].iter().zip(&fitness[b]) {
                    if x < y {
                        return false;
                    }
                    somewhere |= x > y;
                }
                somewhere
            };
            let (front, rest): (Vec<usize>, Vec<usize>) =
                left.iter().partition(|&&i| !left.iter().any(|&j| better(j, i)));
            fronts.push(front);
            left = rest;
        }
        fronts
    }

    #[test]
    fn the_fronts_are_those_of_the_definition() {
        let mut stream = Seed(1).stream("nsga", 0);
        for case in 0..500 {
            let (n, m) = (stream.below(30), 1 + stream.below(3));
            // Few different values, so that ties and duplicates are common; now and then a failure.
            let levels = 2 + stream.below(12);
            let fitness: Vec<Vec<f64>> = (0..n)
                .map(|_| {
                    let value = |stream: &mut ansatz_core::Stream| match stream.below(20) {
                        0 => f64::NEG_INFINITY,
                        _ => stream.below(levels) as f64,
                    };
                    (0..m).map(|_| value(&mut stream)).collect()
                })
                .collect();
            assert_eq!(fronts(&fitness), obvious(&fitness), "case {case}");
            let mut everybody = ranking(&fitness);
            everybody.sort_unstable();
            assert_eq!(everybody, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn crowding_distance_by_hand() {
        // On the front x + y = 10: at x = 0, 1, 4, 6, 10. The gaps of both fitnesses are the same.
        let fitness: Vec<Vec<f64>> = [4.0, 0.0, 10.0, 1.0, 6.0].iter().map(|&x| vec![x, 10.0 - x]).collect();
        let distance = crowding(&[0, 1, 2, 3, 4], &fitness);
        // x = 4: (6 − 1)/10 twice; x = 1: (4 − 0)/10 twice; x = 6: (10 − 4)/10 twice.
        for (got, expected) in distance.iter().zip([1.0, f64::INFINITY, f64::INFINITY, 0.8, 1.2]) {
            assert!(*got == expected || (got - expected).abs() < 1e-15, "{got} against {expected}");
        }
        assert_eq!(ranking(&fitness), [1, 2, 4, 0, 3]);
    }

    #[test]
    fn a_failure_and_a_front_of_equals_have_no_undefined_distance() {
        let fitness = vec![vec![f64::NEG_INFINITY, 3.0], vec![1.0, 2.0], vec![2.0, 1.0]];
        assert_eq!(crowding(&[0, 1, 2], &fitness), [f64::INFINITY, 0.5 * 2.0, f64::INFINITY]);
        let equals = vec![vec![1.0, 1.0]; 4];
        assert_eq!(crowding(&[0, 1, 2, 3], &equals), [f64::INFINITY, 0.0, 0.0, f64::INFINITY]);
        assert!(ranking(&[]).is_empty());
    }
}
