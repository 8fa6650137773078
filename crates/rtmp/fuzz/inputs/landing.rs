//! Any application, URL and name, a line each.

/// Panics where a landing leaves its bounds.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let found = rtmp::landing(next(), next(), next());
    assert!(
        found.path.len() <= 16
            && found
                .path
                .iter()
                .all(|part| !part.is_empty() && part.len() <= 512)
    );
    assert!(
        found
            .token
            .is_none_or(|token| !token.is_empty() && token.len() <= 512)
    );
}
