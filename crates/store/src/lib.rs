//! SQLite behind the domain's port Store.
//!
//! One file, opened in WAL mode with `synchronous=FULL`: writes are rare, and what was revoked must not come back after
//! a power cut. That only one process has it open is the server's matter.

pub mod sqlite;
