//! Argon2id on a bounded pool: two hashes at a time, few waiting, and an honest "busy" past that.
//!
//! Parameters: 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet; ASVS 5.0, 11.4.2). They are kept in each hash.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::{
    BoxFuture,
    password::{Busy, Hasher},
    random::Random,
    secret::Secret,
};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: each holds its memory and a core for some tens of milliseconds.
const AT_ONCE: usize = 2;
/// Hashes at once and waiting; at 50 ms each the last one waits about a second.
const QUEUE: usize = 40;

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    queued: Arc<Semaphore>,
    random: Arc<dyn Random>,
}

impl Passwords {
    /// A pool that takes its salts from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            queued: Arc::new(Semaphore::new(QUEUE)),
            random,
        }
    }

    /// Runs work that takes long on a blocking thread, within the bounds of the pool.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Busy>> {
        let (running, queued) = (
            self.running.clone(),
            self.queued.clone().try_acquire_owned(),
        );
        Box::pin(async move {
            let _queued = queued.map_err(|_| Busy)?;
            let running = running.acquire_owned().await.map_err(|_| Busy)?;
            // The place is held by the work itself: a caller who goes away does not free it early.
            tokio::task::spawn_blocking(move || {
                let _running = running;
                work()
            })
            .await
            .map_err(|_| Busy)
        })
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Hasher for Passwords {
    fn hash(&self, password: &Secret) -> BoxFuture<'static, Result<String, Busy>> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let password = password.clone();
        let hashed = self.run(move || {
            argon2()
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .map(|hash| hash.to_string())
        });
        Box::pin(async move { hashed.await?.map_err(|_| Busy) })
    }

    fn verify(&self, password: &Secret, hash: &str) -> BoxFuture<'static, Result<bool, Busy>> {
        let (password, hash) = (password.clone(), hash.to_owned());
        self.run(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                argon2()
                    .verify_password(password.expose().as_bytes(), &hash)
                    .is_ok()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use testkit::Seeded;

    use super::*;

    #[tokio::test]
    async fn hash_is_argon2id_with_its_parameters_and_verifies() {
        let pool = Passwords::new(Arc::new(Seeded::new(1)));
        let hash = pool.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            pool.verify(&Secret::new("correct horse"), &hash)
                .await
                .unwrap()
        );
        assert!(
            !pool
                .verify(&Secret::new("Correct horse"), &hash)
                .await
                .unwrap()
        );
        assert!(!pool.verify(&Secret::new("x"), "no hash").await.unwrap());
    }

    /// Abuse case I3: every byte of a long password counts, also past those that other hashes look at (64, 72).
    #[tokio::test]
    async fn long_password_is_not_cut_off() {
        let pool = Passwords::new(Arc::new(Seeded::new(1)));
        for length in [64, 72, 1024] {
            let right = format!("{}\0a", "x".repeat(length - 2));
            let hash = pool.hash(&Secret::new(right.clone())).await.unwrap();
            let is = |text: &str| pool.verify(&Secret::new(text), &hash);
            assert!(is(&right).await.unwrap());
            for wrong in [
                format!("{}\0b", "x".repeat(length - 2)),
                "x".repeat(length - 2),
                format!("{right}a"),
            ] {
                assert!(!is(&wrong).await.unwrap(), "{length}");
            }
        }
    }

    /// Abuse case I4: of two hundred at once two are worked at, forty are in the queue, and the others know at once.
    #[tokio::test]
    async fn two_hundred_at_once_do_not_take_the_machine() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        let pool = Passwords::new(Arc::new(Seeded::new(1)));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all: Vec<_> = (0..200)
            .map(|_| {
                let (running, most) = (running.clone(), most.clone());
                let work = pool.run(move || {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                });
                tokio::spawn(work)
            })
            .collect();
        let mut done = 0;
        for one in all {
            done += usize::from(one.await.unwrap().is_ok());
        }
        assert_eq!(done, QUEUE);
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE);
    }

    #[tokio::test]
    async fn full_pool_says_busy_instead_of_queueing_for_ever() {
        let pool = Passwords::new(Arc::new(Seeded::new(1)));
        let secret = Secret::new("correct horse");
        let waiting: Vec<_> = (0..QUEUE).map(|_| pool.hash(&secret)).collect();
        assert_eq!(pool.hash(&secret).await, Err(Busy));
        drop(waiting);
        assert!(pool.hash(&secret).await.is_ok());
    }
}
