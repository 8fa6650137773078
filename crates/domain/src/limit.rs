//! Limits on failures: token buckets in a table of fixed size, so that strangers cannot make it grow.

/// How long to wait, in words: `40 s`, `2 min`.
#[must_use]
pub fn wait_words(seconds: u32) -> String {
    if seconds < 60 {
        format!("{} s", seconds.max(1))
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}
