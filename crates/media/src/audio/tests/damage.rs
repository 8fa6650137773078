//! Frames that do not decode.

use bytes::Bytes;

use super::rig::{aac_click, assert_click, assert_even, clicks, heard_aac, heard_opus, opus, run};
use crate::{
    audio::{AacToOpus, OpusToAac},
    opus as opus_head,
};

#[test]
fn a_frame_that_does_not_decode_is_silence_of_its_length() {
    let damages = [vec![], vec![0xff; 300], vec![0xff], vec![0x55; 90_000]];
    for damage in damages {
        let coded = aac_click(44_100, 2, 2.0, 1.5);
        let mut frames = coded.in_ms(0);
        for frame in &mut frames[10..15] {
            frame.data = Bytes::from(damage.clone());
        }
        let out = run(&mut AacToOpus::new(&coded.config()).unwrap(), &frames);
        assert_even(&out, 960);
        assert_click(&heard_opus(&out), 1.5, "behind damaged AAC");

        let coded = opus(&clicks(48_000, 2.0, &[1.5]), 2, 960);
        let mut frames = coded.in_ms(0);
        for frame in &mut frames[10..15] {
            frame.data = Bytes::from(damage.clone());
        }
        let mut transcoder = OpusToAac::new(&opus_head::Config::new(2, 312)).unwrap();
        let out = run(&mut transcoder, &frames);
        assert_even(&out, 1024);
        let heard = heard_aac(transcoder.config(), &out);
        assert_click(&heard, 1.5, "behind damaged Opus");
    }
}

#[test]
fn sound_of_damaged_frames_alone_is_silence() {
    let coded = aac_click(22_050, 1, 1.0, 0.5);
    let mut frames = coded.in_ms(0);
    for (n, frame) in frames.iter_mut().enumerate() {
        frame.data = Bytes::from(vec![u8::try_from(n % 256).unwrap(); n]);
    }
    let out = run(&mut AacToOpus::new(&coded.config()).unwrap(), &frames);
    assert_even(&out, 960);
    assert!(out.len() > 50);
}
