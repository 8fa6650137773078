//! A profile for OBS as a zip: what Profile, Import takes is a folder with `basic.ini`, `service.json` and `streamEncoder.json`
//! (`OBSBasic::on_actionImportProfile_triggered` in OBS's sources). It holds the settings that the page recommends.
//!
//! The zip is written here: a few stored files need no compression and no crate (PKWARE APPNOTE 6.3.10, 4.3).

use serde_json::json;

/// The zip. `folder` names the folder in it, of the characters of a slug.
pub(super) fn zip(folder: &str, title: &str, server: &str, key: &str) -> Vec<u8> {
    let files = [
        ("basic.ini", basic(title)),
        ("service.json", service(server, key)),
        ("streamEncoder.json", encoder()),
    ];
    let mut archive = Archive::default();
    for (name, text) in files {
        archive.add(&format!("{folder}/{name}"), text.as_bytes());
    }
    archive.finish()
}

/// A title is one line without control characters; in values OBS reads a backslash as the beginning of an escape.
fn basic(title: &str) -> String {
    let title = title.replace('\\', "\\\\");
    format!(
        "[General]\nName={title} (Media Server)\n\n\
         [Output]\nMode=Advanced\nReconnect=true\nRetryDelay=2\nMaxRetries=25\n\n\
         [AdvOut]\nEncoder=obs_x264\nApplyServiceSettings=true\nAudioEncoder=ffmpeg_aac\nTrackIndex=1\nTrack1Bitrate=128\n\n\
         [Video]\nBaseCX=1280\nBaseCY=720\nOutputCX=1280\nOutputCY=720\nFPSType=0\nFPSCommon=30\n\n\
         [Audio]\nSampleRate=48000\nChannelSetup=Stereo\n"
    )
}

fn service(server: &str, key: &str) -> String {
    let service = json!({
        "type": "rtmp_custom",
        "settings": {"server": server, "key": key, "use_auth": false, "bwtest": false},
    });
    service.to_string()
}

fn encoder() -> String {
    let encoder = json!({
        "rate_control": "CBR",
        "bitrate": 2500,
        "keyint_sec": 2,
        "preset": "veryfast",
        "profile": "high",
        "tune": "zerolatency",
        "x264opts": "bframes=0",
    });
    encoder.to_string()
}

/// Stored files one after another, and the directory at the end.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    files: u16,
}

impl Archive {
    fn add(&mut self, name: &str, content: &[u8]) {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        // What both headers have: version 2.0, a name of UTF-8 (bit 11), stored, 1 January 1980 at midnight, sum and sizes.
        let mut shared = Vec::new();
        for field in [20_u16, 1 << 11, 0, 0, 0x21] {
            shared.extend_from_slice(&field.to_le_bytes());
        }
        let (size, at) = (length(content), length(&self.bytes));
        for field in [crc.sum(), size, size] {
            shared.extend_from_slice(&field.to_le_bytes());
        }
        let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        shared.extend_from_slice(&name_length.to_le_bytes());
        shared.extend_from_slice(&0_u16.to_le_bytes());

        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&shared);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(content);

        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&20_u16.to_le_bytes());
        self.directory.extend_from_slice(&shared);
        // No comment, first disk, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&at.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.files += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let (size, at) = (length(&self.directory), length(&self.bytes));
        self.bytes.append(&mut self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            self.bytes.extend_from_slice(&self.files.to_le_bytes());
        }
        self.bytes.extend_from_slice(&size.to_le_bytes());
        self.bytes.extend_from_slice(&at.to_le_bytes());
        self.bytes.extend_from_slice(&0_u16.to_le_bytes());
        self.bytes
    }
}

/// A few kilobytes are written here.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_holds_server_key_and_settings_for_a_low_delay() {
        let zip = zip(
            "media-server-live",
            "Evening \"workshop\"",
            "rtmp://h:1935/live",
            "sk_x",
        );
        let text = String::from_utf8_lossy(&zip);
        for part in [
            "media-server-live/basic.ini",
            "Name=Evening \"workshop\" (Media Server)\n",
            "OutputCX=1280",
            "FPSCommon=30",
            "Track1Bitrate=128",
            "SampleRate=48000",
            r#""key":"sk_x""#,
            r#""server":"rtmp://h:1935/live""#,
            r#""type":"rtmp_custom""#,
            r#""bitrate":2500"#,
            r#""keyint_sec":2"#,
            r#""x264opts":"bframes=0""#,
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn directory_at_the_end_points_at_every_file() {
        let zip = zip("f", "t", "s", "k");
        let end = zip.len() - 22;
        assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
        let number = |at: usize| u32::from_le_bytes(zip[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(zip[end + 8], 3);
        let mut at = number(end + 16);
        for name in ["f/basic.ini", "f/service.json", "f/streamEncoder.json"] {
            assert_eq!(&zip[at..at + 4], b"PK\x01\x02");
            let local = number(at + 42);
            assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
            let content = local + 30 + name.len();
            assert_eq!(&zip[local + 30..content], name.as_bytes());
            let mut crc = flate2::Crc::new();
            crc.update(&zip[content..content + number(local + 18)]);
            assert_eq!(crc.sum() as usize, number(local + 14));
            at += 46 + name.len();
        }
        assert_eq!(at, end);
    }
}
