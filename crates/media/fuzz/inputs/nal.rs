//! Any access unit. The first byte says how long the lengths are.

use bytes::Bytes;
use media::h264::{
    Config, ParameterSets, can_start, has_recovery_point, inspect, is_idr, normalise,
};

/// Panics where two ways to look at the same access unit disagree.
pub fn run(data: &[u8]) {
    let Some((control, rest)) = data.split_first() else {
        return;
    };
    let size = control % 4 + 1;
    let unit = Bytes::copy_from_slice(rest);
    let facts = inspect(&unit, size);
    assert_eq!(facts.idr, is_idr(&unit, size));
    assert_eq!(facts.recovery_point, has_recovery_point(&unit, size));
    let starts = can_start(&unit, size);
    assert!(starts || !facts.idr, "an IDR picture is a start");
    assert!(!starts || facts.idr || facts.recovery_point && facts.slices > 0);
    let sets = ParameterSets::find(&unit, size);
    assert_eq!(facts.parameter_sets, !sets.is_empty());
    let _ = Config::from_parameter_sets(sets);

    let clean = normalise(&unit, size);
    let expected = media::h264::Facts {
        filler: 0,
        empty: 0,
        truncated: false,
        ..facts
    };
    assert_eq!(
        inspect(&clean, 4),
        expected,
        "only filler, empty and cut-off units go"
    );
    assert_eq!(normalise(&clean, 4), clean);
}
