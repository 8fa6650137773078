//! What the stories read in a media playlist. The rules of one are the business of `hls-check`.

use crate::{Answer, Client};

/// A media playlist.
#[derive(Clone, Debug)]
pub struct Media {
    /// As it came.
    pub text: String,
}

impl Media {
    /// Reads an answer.
    ///
    /// # Panics
    /// Where it is no playlist.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let text = answer.text();
        assert!(
            answer.status == 200 && text.starts_with("#EXTM3U"),
            "no playlist: {} {text}",
            answer.status
        );
        Self { text }
    }

    /// Value of a tag that stands alone, such as `EXT-X-MEDIA-SEQUENCE`.
    #[must_use]
    pub fn value(&self, tag: &str) -> Option<&str> {
        let prefix = format!("#{tag}:");
        self.text
            .lines()
            .find_map(|line| line.strip_prefix(prefix.as_str()))
    }

    /// `EXT-X-MEDIA-SEQUENCE`.
    ///
    /// # Panics
    /// Where it is missing.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        match self
            .value("EXT-X-MEDIA-SEQUENCE")
            .and_then(|value| value.parse().ok())
        {
            Some(number) => number,
            None => panic!("no media sequence:\n{}", self.text),
        }
    }

    /// Media sequence number of the last whole segment.
    #[must_use]
    pub fn last(&self) -> u64 {
        let segments = self
            .text
            .lines()
            .filter(|line| line.starts_with("#EXTINF"))
            .count();
        (self.sequence() + segments as u64).saturating_sub(1)
    }

    /// Whether a tag of this name is there, whatever its value.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        let tag = format!("#{tag}");
        self.text.lines().any(|line| {
            line.strip_prefix(tag.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }

    /// Whether something is told to be missing: a segment or a part.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.has("EXT-X-GAP") || self.text.contains("GAP=YES")
    }

    /// Names of all whole segments that are told to be there.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut missing = false;
        for line in self.text.lines() {
            if line == "#EXT-X-GAP" {
                missing = true;
            } else if !line.is_empty() && !line.starts_with('#') {
                if !missing {
                    names.push(line);
                }
                missing = false;
            }
        }
        names
    }

    /// Names of all parts.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let tags = self
            .text
            .lines()
            .filter(|line| line.starts_with("#EXT-X-PART:"));
        tags.filter_map(|line| line.split("URI=\"").nth(1)?.split('"').next())
            .collect()
    }
}

/// Address of the first media playlist that an index names, as a path of the same server.
#[must_use]
pub fn media_path(slug: &str, index: &Answer) -> Option<String> {
    let text = index.text();
    let name = text
        .lines()
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    (index.status == 200).then(|| format!("/hls/{slug}/{name}"))
}

/// Asks for a media playlist again and again, each time for the next part, as players do; keeps what a viewer would notice.
pub struct Viewer {
    client: Client,
    path: String,
}

impl Viewer {
    /// A viewer of what an index names, once that answers.
    ///
    /// # Panics
    /// Where it does not come.
    #[must_use]
    pub fn join(client: &Client, slug: &str) -> Self {
        let path = crate::until(&format!("a playlist of {slug}"), crate::MOMENT, || {
            media_path(slug, &client.get(&format!("/hls/{slug}/index.m3u8")))
        });
        Self {
            client: client.clone(),
            path,
        }
    }

    /// Path of its media playlist.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Path of something beside its media playlist.
    #[must_use]
    pub fn beside(&self, name: &str) -> String {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{name}")
    }

    /// The playlist as it is.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn look(&self) -> Media {
        Media::of(&self.ask(""))
    }

    /// Asks for the playlist with a query.
    #[must_use]
    pub fn ask(&self, query: &str) -> Answer {
        self.client.get(&format!("{}{query}", self.path))
    }

    /// Waits by blocking requests, each for the next segment, until this one is whole.
    ///
    /// # Panics
    /// Where it does not come.
    #[must_use]
    pub fn wait_for(&self, segment: u64) -> Media {
        let mut media = self.look();
        while media.last() < segment || !media.has("EXTINF") {
            assert!(
                !media.has("EXT-X-ENDLIST"),
                "it ended before segment {segment}:\n{}",
                media.text
            );
            let next = if media.has("EXTINF") {
                media.last() + 1
            } else {
                media.sequence()
            };
            media = Media::of(&self.ask(&format!("?_HLS_msn={next}")));
        }
        media
    }
}
