//! `onMetaData`: what an encoder says about itself.

use crate::{Metadata, amf0::Value, server::shown};

impl Metadata {
    /// Reads the values of a data message, with or without `@setDataFrame` in front; `None` if it is about something else.
    pub(super) fn read(values: &[Value]) -> Option<Self> {
        let values = match values {
            [first, rest @ ..] if first.as_str() == Some("@setDataFrame") => rest,
            _ => values,
        };
        let [name, declared, ..] = values else {
            return None;
        };
        if name.as_str() != Some("onMetaData") {
            return None;
        }
        let number = |key| {
            declared
                .find(key)
                .and_then(Value::as_number)
                .filter(|number| *number >= 0.0)
        };
        Some(Self {
            encoder: declared.find("encoder").and_then(Value::as_str).map(shown),
            width: number("width").map(|pixels| pixels as u32),
            height: number("height").map(|pixels| pixels as u32),
            frame_rate: number("framerate"),
            video_kbit_rate: number("videodatarate"),
            audio_kbit_rate: number("audiodatarate"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obs_and_bare_forms_are_read_and_nonsense_is_left_out() {
        let declared = Value::EcmaArray(vec![
            ("width".into(), Value::Number(1920.0)),
            ("height".into(), Value::Number(-1.0)),
            ("framerate".into(), Value::Number(f64::NAN)),
            ("videodatarate".into(), Value::Number(2500.0)),
            ("audiodatarate".into(), Value::string("160")),
            (
                "encoder".into(),
                Value::string("obs-output module\n(libobs 31)"),
            ),
        ]);
        let expected = Metadata {
            encoder: Some("obs-output module (libobs 31)".to_owned()),
            width: Some(1920),
            video_kbit_rate: Some(2500.0),
            ..Metadata::default()
        };
        let bare = [Value::string("onMetaData"), declared];
        let wrapped = [&[Value::string("@setDataFrame")], &bare[..]].concat();
        assert_eq!(Metadata::read(&bare), Some(expected.clone()));
        assert_eq!(Metadata::read(&wrapped), Some(expected));
        assert_eq!(
            Metadata::read(&[Value::string("onTextData"), Value::Null]),
            None
        );
        assert_eq!(Metadata::read(&[]), None);
    }
}
