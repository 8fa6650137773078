//! What the process takes of its machine, as far as the machine tells.

/// Figures of this moment; `None` where the system does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Resident memory of the process, in bytes.
    pub memory_bytes: Option<u64>,
    /// Memory of the machine, in bytes.
    pub memory_total_bytes: Option<u64>,
    /// Files and sockets that are open.
    pub open_files: Option<u64>,
    /// As many may be open at once.
    pub open_files_max: Option<u64>,
}

/// Looks; without waiting, since it is asked once a second while an administrator watches.
pub type Look = Box<dyn Fn() -> Machine + Send + Sync>;
