//! RTMP time to a time line that does not wrap.

/// RTMP counts milliseconds in 32 bits (49.7 days); OBS lets them wrap after 31 (24.8 days). Counting steps within 31 bits,
/// with sign, follows both; a step of more than 12.4 days is not told from one the other way.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last_ms: Option<i64>,
}

impl Clock {
    /// The unwrapped time of a message, milliseconds: the first as it stands, others nearest to the one before.
    pub(crate) fn unwrap(&mut self, timestamp: u32) -> i64 {
        let timestamp = i64::from(timestamp);
        let time = match self.last_ms {
            None => timestamp,
            Some(last) => {
                let step = (timestamp - last).rem_euclid(1 << 31);
                last + if step >= 1 << 30 {
                    step - (1 << 31)
                } else {
                    step
                }
            }
        };
        self.last_ms = Some(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_over_both_wraps_and_back_by_small_steps() {
        let table: &[(&[u32], &[i64])] = &[
            (&[0, 33, 20, 40], &[0, 33, 20, 40]),
            (
                &[0xffff_fff0, 0x10, 0xffff_fff8],
                &[0xffff_fff0, 0x1_0000_0010, 0xffff_fff8],
            ),
            (
                &[0x7fff_fff0, 0x10, 0x7fff_fff8],
                &[0x7fff_fff0, 0x8000_0010, 0x7fff_fff8],
            ),
            (&[1000, 36_001_000, 500], &[1000, 36_001_000, 500]),
            (&[10, 0xffff_fffe], &[10, -2]),
        ];
        for (sent, expected) in table {
            let mut clock = Clock::default();
            let found: Vec<i64> = sent
                .iter()
                .map(|timestamp| clock.unwrap(*timestamp))
                .collect();
            assert_eq!(&found, expected);
        }
    }
}
