//! What a member of the group says in a round: the messages of its workers, or that something is wrong.
//!
//! A byte that is 0; then, for each of its workers in order, the length of its message in four bytes (all ones if it is
//! silent) and the message. Or a byte that is 1, and a quantity that is not finite and its place, as text.

use ansatz_core::{Error, Result};

const SILENT: u32 = u32::MAX;

/// The messages of the workers of one member; `None` is a worker that is silent in this round.
pub(super) fn pack(messages: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut bytes = vec![0];
    for message in messages {
        match message {
            Some(message) => {
                bytes.extend_from_slice(&(message.len() as u32).to_le_bytes());
                bytes.extend_from_slice(message);
            }
            None => bytes.extend_from_slice(&SILENT.to_le_bytes()),
        }
    }
    bytes
}

/// That `quantity` is not finite at `place`.
pub(super) fn pack_fault(quantity: &str, place: &str) -> Vec<u8> {
    [&[1], quantity.as_bytes(), &[0], place.as_bytes()].concat()
}

/// Calls `each` with the messages in `packet`, in order.
pub(super) fn unpack(packet: &[u8], mut each: impl FnMut(Option<&[u8]>) -> Result<()>) -> Result<()> {
    let truncated = || Error::parameter("a packet of messages", "truncated", "whole");
    match packet.split_first() {
        Some((0, mut rest)) => {
            while let Some((length, tail)) = rest.split_first_chunk::<4>() {
                let length = u32::from_le_bytes(*length);
                if length == SILENT {
                    rest = tail;
                    each(None)?;
                } else {
                    let (message, tail) = tail.split_at_checked(length as usize).ok_or_else(truncated)?;
                    rest = tail;
                    each(Some(message))?;
                }
            }
            if rest.is_empty() { Ok(()) } else { Err(truncated()) }
        }
        Some((_, fault)) => {
            let text = String::from_utf8_lossy(fault);
            let (quantity, place) = text.split_once('\0').unwrap_or((&text, "an unknown place"));
            Err(Error::NotFinite { quantity: quantity.to_owned(), place: place.to_owned() })
        }
        None => Err(truncated()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_back() {
        let messages = [Some(vec![1, 2, 3]), None, Some(vec![]), Some(vec![9])];
        let packet = pack(&messages);
        let mut back = Vec::new();
        unpack(&packet, |message| {
            back.push(message.map(<[u8]>::to_vec));
            Ok(())
        })
        .unwrap();
        assert_eq!(back, messages);
        for end in [0, 2, 6, packet.len() - 1] {
            assert!(unpack(&packet[..end], |_| Ok(())).is_err(), "{end}");
        }
        let fault = pack_fault("the gradient of worker 3", "round 7");
        let error = unpack(&fault, |_| Ok(())).unwrap_err().to_string();
        assert_eq!(error, "the gradient of worker 3 is not finite at round 7");
    }
}
