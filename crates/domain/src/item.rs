//! Items: streams, videos and images, as far as visibility, codes and grants are about them alike.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::id::UserId;
pub use crate::id::{StoredId, StreamId};
use crate::slug::Slug;
use crate::stored;

/// Who may watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Anyone, and it is listed.
    Public,
    /// Anyone with the link.
    Unlisted,
    /// Anyone who is logged in, and whoever holds an access code.
    Members,
    /// Its owner, administrators, and whoever holds an access code.
    Private,
}

impl Visibility {
    /// All, from open to closed.
    pub const ALL: [Self; 4] = [Self::Public, Self::Unlisted, Self::Members, Self::Private];

    /// Its word in the API and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Members => "members",
            Self::Private => "private",
        }
    }

    /// The visibility with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|visibility| visibility.word() == word)
    }

    /// Whether it needs no leave of anybody.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }
}

/// The kinds of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A place to be live.
    Stream,
    /// A stored video.
    Video,
    /// A stored image.
    Image,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Video, Self::Image];

    /// Its word in the API and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Video => "video",
            Self::Image => "image",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The same among what is stored; `None` for streams.
    #[must_use]
    pub const fn stored(self) -> Option<stored::Kind> {
        match self {
            Self::Stream => None,
            Self::Video => Some(stored::Kind::Video),
            Self::Image => Some(stored::Kind::Image),
        }
    }

    /// In which name space its slugs are.
    #[must_use]
    pub const fn space(self) -> Space {
        match self {
            Self::Stream | Self::Video => Space::Watch,
            Self::Image => Space::Images,
        }
    }
}

/// Name spaces of slugs: one for what `/watch/` shows, one for what `/images/` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Streams and videos.
    Watch,
    /// Images.
    Images,
}

/// Which item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A stream.
    Stream(StreamId),
    /// A stored video.
    Video(StoredId),
    /// A stored image.
    Image(StoredId),
}

impl Item {
    /// Of which kind.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Stream(_) => Kind::Stream,
            Self::Video(_) => Kind::Video,
            Self::Image(_) => Kind::Image,
        }
    }

    /// The stored item, where it is one.
    #[must_use]
    pub const fn stored(self) -> Option<StoredId> {
        match self {
            Self::Stream(_) => None,
            Self::Video(id) | Self::Image(id) => Some(id),
        }
    }
}

/// An item by its kind and name, as codes name what they open: `video:welcome`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Of which kind.
    pub kind: Kind,
    /// Its name in addresses.
    pub slug: Slug,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.word(), self.slug)
    }
}

/// The text names no item: write a kind, a colon and a slug, such as `video:welcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write what it is and its name, such as video:welcome, image:logo or stream:live")]
pub struct NameError;

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (kind, slug) = text.split_once(':').ok_or(NameError)?;
        Ok(Self {
            kind: Kind::find(kind).ok_or(NameError)?,
            slug: Slug::parse(slug).map_err(|_| NameError)?,
        })
    }
}

/// What decides on who may see an item.
pub trait Guarded {
    /// Which.
    fn item(&self) -> Item;
    /// Its name in addresses.
    fn slug(&self) -> &Slug;
    /// Whose it is; `None`: nobody's, administrators look after it.
    fn owner(&self) -> Option<UserId>;
    /// Who may see it.
    fn visibility(&self) -> Visibility;
    /// Grants of another generation are void.
    fn generation(&self) -> u32;
}

/// Sites that an item or a code can name.
pub const SITES_MAX: usize = 20;
/// Longest text of a site, in bytes: a host name and what stands around it.
const SITE_BYTES_MAX: usize = 280;

/// A site that may show an item in a frame, as a source of `frame-ancestors` (CSP 3, 2.3.1): `school.example`, `*.school.example`,
/// `https://school.example:8443`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(Arc<str>);

/// The text is no site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a site as school.example or https://school.example, without a path")]
pub struct SiteError;

impl Site {
    /// Reads a site; capitals are folded, a slash at the end is dropped.
    ///
    /// # Errors
    /// [`SiteError`] for anything that a policy could not name, such as paths, spaces and names beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, SiteError> {
        let text = text.trim();
        if text.len() > SITE_BYTES_MAX {
            return Err(SiteError);
        }
        let folded = text.to_ascii_lowercase();
        let whole = folded.strip_suffix('/').unwrap_or(&folded);
        let rest = whole
            .strip_prefix("https://")
            .or_else(|| whole.strip_prefix("http://"))
            .unwrap_or(whole);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let labels = host.strip_prefix("*.").unwrap_or(host);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if is_port && labels.len() <= 253 && labels.split('.').all(is_label) {
            Ok(Self(whole.into()))
        } else {
            Err(SiteError)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_what_a_policy_can_name() {
        for (text, expected) in [
            ("school.example", Some("school.example")),
            (" HTTPS://School.Example/ ", Some("https://school.example")),
            ("*.school.example", Some("*.school.example")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("", None),
            ("*", None),
            ("https://", None),
            ("school.example/path", None),
            ("school.example; script-src *", None),
            ("school.example 'self'", None),
            ("a,b", None),
            ("a..b", None),
            ("-a.example", None),
            ("a.example:0", None),
            ("a.example:99999", None),
            ("sch\u{f6}n.example", None),
            ("data:", None),
        ] {
            let found = Site::parse(text);
            assert_eq!(found.as_ref().ok().map(Site::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn names_of_items_are_kind_and_slug() {
        for (text, reads) in [
            ("video:welcome", true),
            ("image:logo", true),
            ("stream:live", true),
            ("film:a", false),
            ("video", false),
            ("video:", false),
            ("video:../x", false),
        ] {
            let name: Result<Name, _> = text.parse();
            assert_eq!(
                name.map(|name| name.to_string()).ok().as_deref(),
                reads.then_some(text)
            );
        }
    }
}
