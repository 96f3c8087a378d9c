//! A group of threads in one process.

use super::communicator::{Alone, Communicator};
use ansatz_core::{Error, Result};
use std::sync::mpsc::{Receiver, Sender, channel};

/// One thread of the group: a channel to and from every other.
struct Member {
    rank: usize,
    outgoing: Vec<Option<Sender<Vec<u8>>>>,
    incoming: Vec<Option<Receiver<Vec<u8>>>>,
}

impl Communicator for Member {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.outgoing.len()
    }

    fn all_gather(&mut self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>> {
        // A member that is gone has dropped its ends of the channels, so that nobody waits for it.
        let gone = |rank: usize| Error::Environment {
            what: format!("member {rank} of the group of threads"),
            reason: "it ended before the others".to_owned(),
        };
        for (rank, sender) in self.outgoing.iter().enumerate() {
            if let Some(sender) = sender {
                sender.send(bytes.clone()).map_err(|_| gone(rank))?;
            }
        }
        let mut own = Some(bytes);
        let receive = |(rank, receiver): (usize, &Option<Receiver<Vec<u8>>>)| match receiver {
            Some(receiver) => receiver.recv().map_err(|_| gone(rank)),
            None => Ok(own.take().unwrap_or_default()),
        };
        self.incoming.iter().enumerate().map(receive).collect()
    }
}

/// Calls `lead` on this thread and `follow` on `threads − 1` others, as the members of one group.
///
/// # Errors
/// [`Error::Parameter`] without threads, the error of `lead`, or the first one of `follow`.
///
/// ```
/// use ansatz_optimize::distributed::{Communicator, on_threads};
/// let say = |group: &mut dyn Communicator| group.all_gather(vec![group.rank() as u8]);
/// let said = on_threads(3, say, |group| say(group).map(drop))?;
/// assert_eq!(said, [[0], [1], [2]]);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub fn on_threads<T>(
    threads: usize,
    lead: impl FnOnce(&mut dyn Communicator) -> Result<T>,
    follow: impl Fn(&mut dyn Communicator) -> Result<()> + Sync,
) -> Result<T> {
    if threads == 0 {
        return Err(Error::parameter("threads", 0, "at least 1"));
    }
    if threads == 1 {
        return lead(&mut Alone);
    }
    let mut members: Vec<Member> = (0..threads)
        .map(|rank| Member {
            rank,
            outgoing: (0..threads).map(|_| None).collect(),
            incoming: (0..threads).map(|_| None).collect(),
        })
        .collect();
    for from in 0..threads {
        for to in (0..threads).filter(|&to| to != from) {
            let (sender, receiver) = channel();
            members[from].outgoing[to] = Some(sender);
            members[to].incoming[from] = Some(receiver);
        }
    }
    let mut members = members.into_iter();
    let Some(mut leader) = members.next() else { return Err(Error::parameter("threads", 0, "at least 1")) };
    std::thread::scope(|scope| {
        let follow = &follow;
        let others: Vec<_> = members.map(|mut member| scope.spawn(move || follow(&mut member))).collect();
        let led = lead(&mut leader);
        // The others wait for the leader no longer than it lives.
        drop(leader);
        let mut followed = Ok(());
        for other in others {
            match other.join() {
                Ok(result) => followed = followed.and(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        // If one fails, all do; what the leader has to say comes first.
        let led = led?;
        followed.map(|()| led)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hear_the_same_in_the_order_of_the_ranks() {
        for threads in [1, 2, 5] {
            let body = |group: &mut dyn Communicator| {
                let mut heard = Vec::new();
                for round in 0..50u8 {
                    // Ranks are late in turn.
                    if usize::from(round) % group.size() == group.rank() {
                        std::thread::yield_now();
                    }
                    heard.push(group.all_gather(vec![round; group.rank() + 1])?);
                }
                for (round, said) in heard.iter().enumerate() {
                    let expected: Vec<Vec<u8>> = (0..group.size()).map(|rank| vec![round as u8; rank + 1]).collect();
                    assert_eq!(said, &expected);
                }
                Ok(())
            };
            on_threads(threads, body, body).unwrap();
        }
    }

    #[test]
    fn a_member_that_ends_early_leaves_nobody_waiting() {
        let follow = |group: &mut dyn Communicator| {
            if group.rank() == 2 {
                return Ok(());
            }
            group.all_gather(vec![1]).map(drop)
        };
        let error = on_threads(4, |group| group.all_gather(vec![0]), follow).unwrap_err().to_string();
        assert!(error.contains("ended before the others"), "{error}");
        let error = on_threads(2, |_| Err::<(), _>(Error::refused("no")), follow).unwrap_err().to_string();
        assert_eq!(error, "refused: no");
        assert!(on_threads(0, |_| Ok(()), |_| Ok(())).is_err());
    }
}
