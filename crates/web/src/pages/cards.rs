//! Videos and images in lists: as cards of a gallery, and as rows of one's own library; with what was asked for, and where more begins.

use domain::{
    caller::Caller,
    gate::Gatekeeper as _,
    item::Guarded as _,
    slug::Slug,
    stored::{Kind, Page, Query as Wanted, State, Stored},
    view::{Asking, Purpose},
};
use library::image::POSTER_SMALL;
use serde::Deserialize;

use crate::{App, text::Text};

/// Items on a page.
const PAGE: usize = 24;
/// Characters of a search. Closes: a query that is longer than any title.
const WORDS_CHARS_MAX: usize = 200;

/// What a list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Listing {
    /// `videos`, `images`, or `mine` where all are listed; anything else is all of them.
    #[serde(default)]
    show: String,
    /// Words that title or address hold.
    #[serde(default)]
    q: String,
    /// Where the page before ended.
    after: Option<String>,
}

impl Listing {
    pub(super) fn kind(&self) -> Option<Kind> {
        match self.show.as_str() {
            "videos" => Some(Kind::Video),
            "images" => Some(Kind::Image),
            _ => None,
        }
    }

    /// Whose are asked for, of a list of everybody's: strangers have none of their own.
    pub(super) fn whose(&self, is_somebody: bool) -> Whose {
        match self.show.as_str() {
            "mine" if is_somebody => Whose::Own,
            _ => Whose::All,
        }
    }

    pub(super) fn words(&self) -> String {
        let words = self.q.trim();
        words.chars().take(WORDS_CHARS_MAX).collect()
    }

    /// Whether anything but all there is was asked for.
    pub(super) fn is_narrowed(&self) -> bool {
        self.kind().is_some()
            || self.whose(true) == Whose::Own
            || !self.q.trim().is_empty()
            || self.after.is_some()
    }

    pub(super) fn find(
        &self,
        app: &App,
        caller: &Caller,
        kind: Option<Kind>,
        whose: Whose,
    ) -> Page {
        let wanted = Wanted {
            kind,
            words: self.words(),
            own: whose == Whose::Own,
            cursor: self.after.clone().filter(|after| !after.is_empty()),
            limit: PAGE,
        };
        app.catalogue().list_stored(caller, &wanted)
    }
}

/// Whose items are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// What the caller may see listed.
    All,
    /// The caller's own.
    Own,
}

/// The filter, the search and the way to more of a list, for its template.
pub(super) struct Choice {
    /// The path of the page.
    path: &'static str,
    show: &'static str,
    words: String,
    next: Option<String>,
    /// Whether the caller's own can be chosen.
    has_mine: bool,
}

impl Choice {
    pub(super) fn new(path: &'static str, listing: &Listing, next: Option<String>) -> Self {
        Self {
            path,
            show: match listing.kind() {
                Some(Kind::Video) => "videos",
                Some(Kind::Image) => "images",
                None => "",
            },
            words: listing.words(),
            next,
            has_mine: false,
        }
    }

    /// The same of everybody's, of which the caller's own can be chosen by who has any.
    pub(super) fn with_mine(self, whose: Whose, is_somebody: bool) -> Self {
        Self {
            show: match whose {
                Whose::Own => "mine",
                Whose::All => self.show,
            },
            has_mine: is_somebody,
            ..self
        }
    }

    pub(super) fn has_mine(&self) -> bool {
        self.has_mine
    }

    pub(super) fn path(&self) -> &'static str {
        self.path
    }

    pub(super) fn words(&self) -> &str {
        &self.words
    }

    pub(super) fn show(&self) -> &'static str {
        self.show
    }

    /// The address with this filter, and the words that were searched for.
    pub(super) fn with(&self, show: &str) -> String {
        self.address(show, None)
    }

    /// Where more is.
    pub(super) fn more(&self) -> Option<String> {
        let next = self.next.as_deref()?;
        Some(self.address(self.show, Some(next)))
    }

    fn address(&self, show: &str, after: Option<&str>) -> String {
        let parts = [
            ("show", show),
            ("q", self.words.as_str()),
            ("after", after.unwrap_or_default()),
        ];
        let mut address = self.path.to_owned();
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(name);
            address.push('=');
            push_encoded(&mut address, value);
        }
        address
    }
}

/// A value in a query (RFC 3986, 2.1).
fn push_encoded(address: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// A word that stands out, and its tone.
pub(super) struct Badge {
    pub(super) word: String,
    pub(super) tone: &'static str,
}

/// A video or an image in a list.
pub(super) struct Card {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) slug: String,
    /// Its page for people.
    pub(super) url: String,
    pub(super) picture: Option<String>,
    /// A small or square image, such as a logo, is shown whole, on a mat.
    pub(super) is_whole: bool,
    pub(super) icon: &'static str,
    pub(super) chip: Option<String>,
    pub(super) badge: Option<Badge>,
    pub(super) created: String,
    pub(super) created_day: String,
    /// `3 days ago`.
    pub(super) created_ago: String,
    /// For members: who can see it.
    pub(super) visibility: Option<String>,
    /// `1280×720`.
    pub(super) size: Option<String>,
    /// Bytes of the file.
    pub(super) bytes: Option<String>,
    /// Why it cannot be shown, for who manages it.
    pub(super) failed: Option<String>,
    /// Whether the caller may share, change and delete it.
    pub(super) manages: bool,
}

/// Width below which an image is a mark or an icon rather than a picture, in pixels.
const SMALL_PX: u32 = 320;

/// The cards of a list, without what cannot be shown to this caller.
pub(super) fn cards(app: &App, caller: &Caller, items: &[std::sync::Arc<Stored>]) -> Vec<Card> {
    let is_somebody = app.catalogue().is_somebody(caller);
    let card = |stored: &std::sync::Arc<Stored>| {
        let is_closed = matches!(stored.state, State::Failed(_))
            && !app.catalogue().may_manage_item(caller, stored.item());
        (!is_closed).then(|| Card::new(app, caller, stored, is_somebody))
    };
    items.iter().filter_map(card).collect()
}

impl Card {
    fn new(app: &App, caller: &Caller, stored: &Stored, is_somebody: bool) -> Self {
        let t = app.text();
        let known = &stored.facts;
        Self {
            title: stored.title.clone(),
            kind: stored.kind.word(),
            slug: stored.slug.to_string(),
            url: page_of(stored.kind, &stored.slug),
            picture: picture(app, caller, stored),
            is_whole: is_whole(stored),
            icon: icon(stored.kind),
            chip: chip(t, stored),
            badge: badge(t, stored),
            created: stored.created.rfc3339(),
            created_day: t.day(stored.created),
            created_ago: t.days_ago(stored.created, app.inner.clock.now()),
            visibility: is_somebody.then(|| visibility(app, caller, stored)),
            size: (known.width > 0).then(|| format!("{}×{}", known.width, known.height)),
            bytes: (known.bytes > 0).then(|| t.bytes(known.bytes)),
            failed: match &stored.state {
                State::Failed(why) => Some(why.clone()),
                State::Processing | State::Ready => None,
            },
            manages: app.catalogue().may_manage_item(caller, stored.item()),
        }
    }
}

/// Who can see it, and by how many of the caller's codes where some open it: `Private, 2 codes`.
fn visibility(app: &App, caller: &Caller, stored: &Stored) -> String {
    let t = app.text();
    let word = t.msg(format!("visibility-{}", stored.visibility.word()));
    let word = word.to_string();
    let codes = match stored.visibility.is_open() {
        true => 0,
        false => app.catalogue().count_codes_for(caller, stored.item()),
    };
    if codes == 0 {
        return word;
    }
    let message = t.msg("library-with-codes").arg("visibility", word);
    message.arg("count", codes).to_string()
}

/// The address of a small picture of it, where there is one.
pub(super) fn picture(app: &App, caller: &Caller, stored: &Stored) -> Option<String> {
    match stored.kind {
        Kind::Image => {
            (stored.state == State::Ready).then(|| format!("/images/{}?w=640", stored.slug))
        }
        Kind::Video => poster(app, caller, stored),
    }
}

/// Whether its picture is shown whole, on a mat.
pub(super) fn is_whole(stored: &Stored) -> bool {
    let (width, height) = (stored.facts.width, stored.facts.height);
    stored.kind == Kind::Image && (width.min(height) < SMALL_PX || width == height)
}

fn chip(t: Text, stored: &Stored) -> Option<String> {
    match stored.kind {
        Kind::Image => Some(t.msg("library-image").to_string()),
        Kind::Video => {
            let length = stored.facts.duration_ms;
            (length > 0).then(|| t.length(length))
        }
    }
}

pub(super) fn badge(t: Text, stored: &Stored) -> Option<Badge> {
    let (id, tone) = match stored.state {
        State::Ready => return None,
        State::Processing => ("library-processing", ""),
        State::Failed(_) => ("library-failed", "bad"),
    };
    Some(Badge {
        word: t.msg(id).to_string(),
        tone,
    })
}

/// What stands for an item that has no picture.
pub(super) fn icon(kind: Kind) -> &'static str {
    match kind {
        Kind::Video => "film",
        Kind::Image => "image",
    }
}

/// The page of an item for people.
pub(super) fn page_of(kind: Kind, slug: &Slug) -> String {
    match kind {
        Kind::Video => format!("/watch/{slug}"),
        Kind::Image => format!("/images/{slug}/about"),
    }
}

/// Where the small poster of a video is, by the caller's own leave.
pub(super) fn poster(app: &App, caller: &Caller, stored: &Stored) -> Option<String> {
    let set = stored.poster?;
    let asking = Asking::of(caller, Purpose::Look);
    let leave = app
        .catalogue()
        .admit_view(&asking, stored.kind.space(), &stored.slug)
        .ok()?;
    Some(format!(
        "/hls/{}/~{}/{POSTER_SMALL}?v={}",
        stored.slug,
        leave.token,
        set.ms()
    ))
}
