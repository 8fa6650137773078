//! Fixed clock, seeded randomness, a store in memory, a fake engine, builders and contract suites; for tests only.
//!
//! Nothing here waits for real time, and only [`corpus`] reads files. [`Rig`] puts a whole catalogue together in one line;
//! [`block_on`] runs its futures without a runtime.

mod clock;
pub mod corpus;
mod engine;
mod hasher;
mod memory;
mod random;
mod rig;
pub mod store_contract;
mod vault;

pub use clock::FixedClock;
pub use engine::FakeEngine;
pub use hasher::FakeHasher;
pub use memory::Memory;
pub use random::Seeded;
pub use rig::{ADDRESS, ELSEWHERE, PASSWORD, Rig, parts};
pub use vault::FakeVault;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs a future to its end on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
