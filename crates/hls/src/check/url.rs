//! As much of URLs as a playlist needs: resolving references (RFC 3986 5.2, without userinfo games) and reading directives.

/// The URL that `reference` means inside the document at `base`.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default();
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let base = without_query(base);
    let (scheme, rest) = base
        .split_once("://")
        .map_or(("", base), |(scheme, rest)| (scheme, rest));
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let (host, path) = if scheme.is_empty() {
        ("", rest)
    } else {
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    };
    let (target, query) = match reference.split_once('?') {
        Some((target, query)) => (target, Some(query)),
        None => (reference, None),
    };
    let joined = if target.is_empty() {
        path.to_owned()
    } else if target.starts_with('/') {
        target.to_owned()
    } else {
        format!(
            "{}/{target}",
            path.rsplit_once('/').map_or("", |(folder, _)| folder)
        )
    };
    let mut out = if scheme.is_empty() {
        String::new()
    } else {
        format!("{scheme}://{host}")
    };
    out.push_str(&without_dots(&joined));
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." && kept.len() > 1 {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    kept.join("/")
}

/// The URL up to its query.
pub(super) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// `url` with one more parameter in its query.
pub(super) fn with_query(url: &str, query: &str) -> String {
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}

/// The delivery directives of a request (RFC 8216bis 6.2.5), as far as they are numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    pub msn: Option<u64>,
    pub part: Option<u64>,
    pub skip: bool,
    /// `_HLS_msn` or `_HLS_part` is there and no number.
    pub malformed: bool,
}

impl Directives {
    pub fn of(url: &str) -> Self {
        let mut found = Self::default();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "_HLS_msn" | "_HLS_part" => {
                    // No stream counts further, and sums of it stay in range.
                    let value = value.parse().ok().filter(|value: &u64| *value <= 1 << 53);
                    found.malformed |= value.is_none();
                    if name == "_HLS_msn" {
                        found.msn = value;
                    } else {
                        found.part = value;
                    }
                }
                "_HLS_skip" => found.skip = matches!(value, "YES" | "v2"),
                _ => {}
            }
        }
        found
    }

    pub fn is_blocking(&self) -> bool {
        self.msn.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_browsers_do() {
        let base = "https://h:8/hls/cam/index.m3u8?x=1";
        for (reference, wanted) in [
            ("~t/e1-main.m3u8", "https://h:8/hls/cam/~t/e1-main.m3u8"),
            ("../a.mp4?b=c", "https://h:8/hls/a.mp4?b=c"),
            ("/root.m3u8", "https://h:8/root.m3u8"),
            ("//other/x", "https://other/x"),
            ("http://else/x#f", "http://else/x"),
            ("./a/./b/../c", "https://h:8/hls/cam/a/c"),
            ("../../../../x", "https://h:8/x"),
        ] {
            assert_eq!(resolve(base, reference), wanted, "{reference}");
        }
        assert_eq!(resolve("/hls/cam/index.m3u8", "a.m4s"), "/hls/cam/a.m4s");
        assert_eq!(resolve("https://h", "a"), "https://h/a");
    }
}
