//! The port that gives randomness. Ids, keys and cookies come from it; tests hand in a seeded one.

/// Gives bytes that nobody can foresee.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`. A source that cannot must end the process rather than hand out what can be guessed.
    fn fill(&self, bytes: &mut [u8]);
}

/// A number that nobody can foresee.
pub(crate) fn number(random: &dyn Random) -> u64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
