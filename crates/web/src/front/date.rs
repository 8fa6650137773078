//! Times as HTTP writes and reads them (IMF-fixdate, RFC 9110, 5.6.7); the `Date` of answers is written once a second and thread.

use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

use domain::clock::Time;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

const IMF: &[BorrowedFormatItem<'static>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

thread_local! {
    static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Hands the current time to `with`.
pub(crate) fn http_date<T>(with: impl FnOnce(&str) -> T) -> T {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs());
    LAST.with_borrow_mut(|(at, text)| {
        if *at != seconds {
            *at = seconds;
            *text = i64::try_from(seconds).map_or_else(|_| String::new(), written);
        }
        with(text)
    })
}

/// A time as headers write it; its milliseconds are cut off.
pub(crate) fn http_time(time: Time) -> String {
    written(time.seconds())
}

fn written(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(IMF).ok())
        .unwrap_or_default()
}

/// A time that a header names; `None` for any other text, which then counts as nothing (RFC 9110, 13.1.3).
pub(crate) fn read_http_time(text: &str) -> Option<Time> {
    let moment = PrimitiveDateTime::parse(text, IMF).ok()?.assume_utc();
    Some(Time::from_ms(moment.unix_timestamp().saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let time = Time::from_ms(784_111_777_999);
        assert_eq!(http_time(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        let read = read_http_time("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read, Some(Time::from_ms(784_111_777_000)));
        assert_eq!(read_http_time("yesterday"), None);
    }
}
