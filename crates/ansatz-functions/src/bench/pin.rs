//! Keeps the calling thread on the core that it runs on.

/// Whether the system did it; elsewhere than on Linux it is not asked.
#[cfg(target_os = "linux")]
pub(super) fn stay() -> bool {
    use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
    let mut only = CpuSet::new();
    let core = sched_getcpu();
    if core >= CpuSet::MAX_CPU {
        return false;
    }
    only.set(core);
    sched_setaffinity(None, &only).is_ok()
}

/// Whether the system did it; elsewhere than on Linux it is not asked.
#[cfg(not(target_os = "linux"))]
pub(super) fn stay() -> bool {
    false
}
