//! One file a system: the executable claim.
