//! Stories over the real binary: see `tests/`.
