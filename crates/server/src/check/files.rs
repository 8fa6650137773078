//! How many files the process may have open: each viewer holds one or two connections, each connection is one.

use rustix::process::{Resource, getrlimit};
use web::{check::Finding, text::Text};

use super::finding;

/// Below it an audience of ordinary size is turned away.
const FEW: u64 = 4_096;
/// Files that the program has open beside viewers: database, listeners, publishers, logs.
const OWN: u64 = 100;
/// Connections that a viewer's browser holds.
const PER_VIEWER: u64 = 2;

/// Looks at the limit of this process: the soft one where a server runs in it, which has raised it as far as it could; else the hard
/// one, up to which a server will raise it.
pub fn look(is_running: bool) -> Finding {
    let limit = getrlimit(Resource::Nofile);
    judge(if is_running {
        limit.current
    } else {
        limit.maximum
    })
}

fn judge(limit: Option<u64>) -> Finding {
    let Some(limit) = limit else {
        return finding("files", "unlimited", Vec::new());
    };
    let text = Text::default();
    let viewers = limit.saturating_sub(OWN) / PER_VIEWER;
    let values = vec![
        ("limit", text.count(limit)),
        ("viewers", text.count(viewers)),
    ];
    finding("files", if limit < FEW { "few" } else { "enough" }, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_judged_at_its_threshold_and_told_in_viewers() {
        for (limit, state, viewers) in [
            (Some(4_095), "few", "1,997"),
            (Some(4_096), "enough", "1,998"),
            (Some(50), "few", "0"),
        ] {
            let finding = judge(limit);
            assert_eq!(finding.state, state, "{limit:?}");
            assert!(finding.values.contains(&("viewers", viewers.to_owned())));
        }
        assert_eq!(judge(None).state, "unlimited");
    }

    #[test]
    fn limit_of_this_process_is_read() {
        assert!(["enough", "few", "unlimited"].contains(&look(false).state));
    }
}
