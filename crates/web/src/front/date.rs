//! The `Date` of answers, written once a second and thread.

use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const IMF: &[BorrowedFormatItem<'static>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

thread_local! {
    static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Hands the current time as IMF-fixdate (RFC 9110, 5.6.7) to `with`.
pub(crate) fn http_date<T>(with: impl FnOnce(&str) -> T) -> T {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs());
    LAST.with_borrow_mut(|(at, text)| {
        if *at != seconds {
            *at = seconds;
            *text = i64::try_from(seconds)
                .ok()
                .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
                .and_then(|moment| moment.format(IMF).ok())
                .unwrap_or_default();
        }
        with(text)
    })
}
