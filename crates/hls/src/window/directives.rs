//! Delivery directives in a query string (RFC 8216bis, 6.2.5). What is not a directive is ignored.

use crate::name::number;

/// The directives of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    /// `_HLS_msn`.
    pub msn: Option<u64>,
    /// `_HLS_part`, only ever with `_HLS_msn`.
    pub part: Option<u64>,
    /// `_HLS_skip`, either value.
    pub skip: bool,
}

impl Directives {
    /// Reads them, or says what is wrong. The first of repeated directives counts.
    pub(super) fn parse(query: &str) -> Result<Self, &'static str> {
        let (mut msn, mut part, mut skip) = (None, None, None);
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = match key {
                "_HLS_msn" => &mut msn,
                "_HLS_part" => &mut part,
                "_HLS_skip" => &mut skip,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        let msn = msn
            .map(|text| number(text).ok_or("_HLS_msn is not a number"))
            .transpose()?;
        let part = part
            .map(|text| number(text).ok_or("_HLS_part is not a number"))
            .transpose()?;
        if part.is_some() && msn.is_none() {
            return Err("_HLS_part needs _HLS_msn");
        }
        let skip = match skip {
            None => false,
            Some("YES" | "v2") => true,
            Some(_) => return Err("_HLS_skip is neither YES nor v2"),
        };
        Ok(Self { msn, part, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_and_nonsense_is_refused() {
        let of = |msn, part, skip| Ok(Directives { msn, part, skip });
        let table = [
            ("", of(None, None, false)),
            ("token=a&x", of(None, None, false)),
            ("_HLS_msn=7", of(Some(7), None, false)),
            (
                "a=b&_HLS_part=2&_HLS_msn=7&_HLS_skip=v2",
                of(Some(7), Some(2), true),
            ),
            ("_HLS_msn=7&_HLS_msn=9", of(Some(7), None, false)),
            ("_HLS_skip=YES", of(None, None, true)),
            ("_HLS_part=2", Err("_HLS_part needs _HLS_msn")),
            ("_HLS_msn=", Err("_HLS_msn is not a number")),
            ("_HLS_msn=-1", Err("_HLS_msn is not a number")),
            (
                "_HLS_msn=99999999999999999999",
                Err("_HLS_msn is not a number"),
            ),
            ("_HLS_msn=1&_HLS_part=x", Err("_HLS_part is not a number")),
            ("_HLS_skip=no", Err("_HLS_skip is neither YES nor v2")),
        ];
        for (query, expected) in table {
            assert_eq!(Directives::parse(query), expected, "{query}");
        }
    }
}
