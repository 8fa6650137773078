//! The table of `docs/ref/authorization.md`: every route, asked by every kind of caller, of items of every kind and visibility.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
};

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access_code::{Change, New},
    api_key::Scope,
    caller::Caller,
    clock::Time,
    item::{Kind, Name, Visibility},
    secret::Secret,
    stored,
};
use library::works::{Brought, Works};
use testkit::block_on;

use crate::site::{Answer, Ask, CODE, Site, Who};

const PAGE: &str = include_str!("../../../../docs/ref/authorization.md");
const ROUTER: &str = include_str!("../../src/router.rs");

/// A film of a second or two, as people bring it.
const FILM: &[u8] = include_bytes!("../../../record/tests/files/moov-first.mp4");
/// A picture of one dot.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const CAPTIONS: &str = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n";

/// Every kind of caller, as the page names them.
pub const CALLERS: [&str; 19] = [
    "nobody",
    "other",
    "owner",
    "administrator",
    "read-key",
    "manage-key",
    "publish-key",
    "admin-key",
    "other-read-key",
    "other-manage-key",
    "bad-key",
    "bad-cookie",
    "code",
    "code-elsewhere",
    "code-ended",
    "code-paused",
    "code-deleted",
    "code-early",
    "code-disabled",
];

/// Texts of codes that open every item, or would.
pub const OPENS: &str = "opens-everything";
const ELSEWHERE: &str = "opens-something-else";
const ENDED: &str = "opened-until-yesterday";
const PAUSED: &str = "opens-after-the-pause";
const DELETED: &str = "opened-until-deleted";
const EARLY: &str = "opens-from-tomorrow";
const DAY_MS: i64 = 86_400_000;

/// What a class answers one caller, by visibility: `None` is yes.
type Cells = [Option<u16>; 4];

/// A row of the page: a method on a route and what is answered.
pub struct Row {
    pub method: &'static str,
    pub route: &'static str,
    pub class: &'static str,
    pub yes: u16,
    /// Kinds of items that it is about; empty: about none.
    pub of: Vec<Kind>,
    with: &'static str,
    but: BTreeMap<&'static str, u16>,
}

/// The page, read.
struct Table {
    classes: BTreeMap<&'static str, BTreeMap<&'static str, Cells>>,
    rows: Vec<Row>,
}

static TABLE: LazyLock<Table> = LazyLock::new(read);

/// All rows.
pub fn rows() -> &'static [Row] {
    &TABLE.rows
}

fn read() -> Table {
    let (mut classes, mut rows) = (BTreeMap::new(), Vec::new());
    let mut class = None;
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("##") {
            class = heading.split('`').nth(1);
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_row = line.starts_with('|') && !line.starts_with("|--");
        match (class, &cells[..]) {
            (Some(class), [who, answers @ ..]) if is_row && *who != "caller" => {
                let cells = |index: usize| match answers {
                    [one] => answer(one),
                    many => answer(many[index]),
                };
                let cells = [cells(0), cells(1), cells(2), cells(3)];
                let told: &mut BTreeMap<_, _> = classes.entry(class).or_default();
                let named: Vec<&str> = match *who {
                    "everybody" | "everybody else" => {
                        let left = CALLERS.iter().filter(|caller| !told.contains_key(*caller));
                        left.copied().collect()
                    }
                    who => who.split(", ").collect(),
                };
                for caller in named {
                    assert!(CALLERS.contains(&caller), "{class} names {caller}");
                    assert!(told.insert(caller, cells).is_none(), "{class}: {caller}");
                }
            }
            (None, [request, class, yes, of, with, but]) if is_row && *request != "request" => {
                let (method, route) = request.trim_matches('`').split_once(' ').unwrap();
                rows.push(Row {
                    method,
                    route,
                    class,
                    yes: yes.parse().unwrap(),
                    of: list(of).map(|kind| Kind::find(kind).unwrap()).collect(),
                    with: with.trim_matches('`'),
                    but: list(but).map(exception).collect(),
                });
            }
            _ => {}
        }
    }
    Table { classes, rows }
}

fn list(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split(", ").filter(|item| !item.is_empty())
}

fn answer(cell: &str) -> Option<u16> {
    (cell != "yes").then(|| cell.parse().unwrap())
}

fn exception(text: &'static str) -> (&'static str, u16) {
    let (caller, status) = text.split_once(' ').unwrap();
    assert!(CALLERS.contains(&caller), "{caller}");
    (caller, status.parse().unwrap())
}

/// A site with items of every kind and visibility, and codes of every state.
pub struct World {
    pub site: Site,
}

/// An item: its kind and who may see it.
pub type Target = (Kind, Visibility);

/// The slug of an item.
pub fn slug((kind, visibility): Target) -> String {
    let name = match visibility {
        Visibility::Public => "open",
        Visibility::Unlisted => "link",
        Visibility::Members => "club",
        Visibility::Private => "secret",
    };
    match kind {
        Kind::Stream => name.to_owned(),
        kind => format!("{name}-{}", kind.word()),
    }
}

/// Every item of a world.
pub fn targets() -> impl Iterator<Item = Target> {
    let kinds = [Kind::Stream, Kind::Video, Kind::Image];
    kinds
        .into_iter()
        .flat_map(|kind| Visibility::ALL.map(|visibility| (kind, visibility)))
}

impl World {
    /// Its videos and images are known, and have no bytes.
    pub fn new() -> Self {
        let site = Site::new();
        let works = site.works();
        for (kind, visibility) in targets() {
            if let Some(kind) = stored_kind(kind) {
                let slug = slug((kind_of(kind), visibility));
                let item = site.rig.stored(&site.ann, kind, &slug, visibility);
                fs::create_dir_all(works.folder(item.id)).unwrap();
            }
        }
        let world = Self { site };
        world.add_codes();
        world
    }

    /// Its videos and images are real ones.
    pub async fn with_files() -> Self {
        let site = Site::new();
        let works = site.works();
        for (kind, visibility) in targets() {
            if let Some(kind) = stored_kind(kind) {
                let slug = slug((kind_of(kind), visibility));
                bring(&works, &site.ann, kind, &slug, visibility).await;
            }
        }
        let world = Self { site };
        world.add_codes();
        world
    }

    fn add_codes(&self) {
        let (rig, ann) = (&self.site.rig, &self.site.ann);
        rig.stream(ann, "elsewhere", Visibility::Private);
        let all: Vec<String> = targets()
            .map(|target| format!("{}:{}", target.0.word(), slug(target)))
            .collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        rig.code(ann, Some(OPENS), &all);
        rig.code(ann, Some(ELSEWHERE), &["stream:elsewhere"]);
        let paused = rig.code(ann, Some(PAUSED), &all).code.id;
        let change = Change {
            paused: Some(true),
            ..Change::default()
        };
        block_on(rig.catalogue.update_code(ann, paused, change)).unwrap();
        let deleted = rig.code(ann, Some(DELETED), &all).code.id;
        block_on(rig.catalogue.delete_code(ann, deleted)).unwrap();
        let items: Vec<Name> = all.iter().map(|name| name.parse().unwrap()).collect();
        for new in [
            New {
                code: Some(Secret::new(ENDED)),
                expires: Some(Time::from_ms(rig.now().ms() - DAY_MS)),
                ..New::default()
            },
            New {
                code: Some(Secret::new(EARLY)),
                starts: Some(Time::from_ms(rig.now().ms() + DAY_MS)),
                ..New::default()
            },
        ] {
            let items = items.clone();
            block_on(rig.catalogue.add_code(ann, New { items, ..new })).unwrap();
        }
    }

    /// What this caller sends along: headers, and a code.
    pub fn credentials(&self, caller: &str) -> (HeaderMap, Option<&'static str>) {
        let site = &self.site;
        let who = |who| (site.credentials(who), None);
        let other_key = |scope| {
            let bob = site.rig.as_cookie(&site.rig.log_in("bob"));
            (bearer(site.rig.api_key(&bob, &[scope]).1.expose()), None)
        };
        let code = |text| (HeaderMap::new(), Some(text));
        match caller {
            "nobody" => who(Who::Nobody),
            "other" => who(Who::Other),
            "owner" => who(Who::Owner),
            "administrator" => who(Who::Administrator),
            "read-key" => who(Who::ReadKey),
            "manage-key" => who(Who::ManageKey),
            "publish-key" => who(Who::PublishKey),
            "admin-key" => who(Who::AdminKey),
            "other-read-key" => other_key(Scope::Read),
            "other-manage-key" => other_key(Scope::Manage),
            "bad-key" => who(Who::BadKey),
            "bad-cookie" => who(Who::BadCookie),
            "code" | "code-disabled" => code(OPENS),
            "code-elsewhere" => code(ELSEWHERE),
            "code-ended" => code(ENDED),
            "code-paused" => code(PAUSED),
            "code-deleted" => code(DELETED),
            "code-early" => code(EARLY),
            other => panic!("nobody is {other}"),
        }
    }

    async fn send(&self, row: &Row, caller: &str, target: Target) -> (u16, Answer) {
        let (headers, code) = self.credentials(caller);
        if caller == "code-disabled" {
            let ann = self.site.user("ann");
            let disabled = self.site.rig.catalogue.disable_user(&self.site.root, ann);
            disabled.await.unwrap();
        }
        let mut path = row.path(&self.site, target);
        if let Some(code) = code {
            let sign = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{sign}access_code={code}");
        }
        let ask = row.ask_at(&path).with(headers);
        // Films are no text.
        let (status, headers, body) = self.site.send_raw(ask).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = Answer {
            status,
            headers,
            body,
        };
        (status.as_u16(), answer)
    }
}

fn bearer(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::AUTHORIZATION,
        format!("Bearer {key}").parse().unwrap(),
    );
    headers
}

fn stored_kind(kind: Kind) -> Option<stored::Kind> {
    match kind {
        Kind::Stream => None,
        Kind::Video => Some(stored::Kind::Video),
        Kind::Image => Some(stored::Kind::Image),
    }
}

fn kind_of(kind: stored::Kind) -> Kind {
    match kind {
        stored::Kind::Video => Kind::Video,
        stored::Kind::Image => Kind::Image,
    }
}

async fn bring(
    works: &Works,
    owner: &Caller,
    kind: stored::Kind,
    slug: &str,
    visibility: Visibility,
) {
    let bytes = match kind {
        stored::Kind::Video => FILM.to_vec(),
        stored::Kind::Image => STANDARD.decode(PICTURE).unwrap(),
    };
    let path = tempfile::NamedTempFile::new().unwrap();
    fs::write(path.path(), bytes).unwrap();
    // A copy in the storage, so that it can be moved from there.
    let path = works.copy_in(path.path().to_owned()).await.unwrap();
    let brought = Brought {
        path,
        kind: Some(kind),
        slug: Some(slug.parse().unwrap()),
        title: None,
        visibility,
        owner: None,
        file_name: format!("{slug}.file"),
    };
    let item = works.take_in(owner, brought).await.unwrap();
    let item = works.settled(item.id).await.unwrap();
    assert_eq!(item.state, stored::State::Ready);
    let change = stored::Change {
        downloadable: Some(true),
        ..stored::Change::default()
    };
    let slug = slug.parse().unwrap();
    let catalogue = works.catalogue();
    let changed = catalogue.update_stored(owner, kind, &slug, change).await;
    changed.unwrap();
}

impl Row {
    pub fn is_api(&self) -> bool {
        self.route.starts_with("/api")
    }

    pub fn changes(&self) -> bool {
        !matches!(self.method, "GET" | "ANY" | "OPTIONS")
    }

    /// Whether pages of other sites may ask; their visitors' cookies do not count there (`whep` and `whip` show it).
    pub fn is_open(&self) -> bool {
        self.route.starts_with("/{slug}/whep") || self.route.starts_with("/{slug}/whip")
    }

    /// JSON that the route takes; empty where it takes none.
    pub fn json(&self) -> &'static str {
        if self.with.starts_with('{') {
            self.with
        } else {
            ""
        }
    }

    /// The private item of the kind that it is about.
    pub fn target(&self) -> Target {
        let kind = self.of.first().copied().unwrap_or(Kind::Stream);
        (kind, Visibility::Private)
    }

    /// The path about an item.
    pub fn path(&self, site: &Site, target: Target) -> String {
        let slug = slug(target);
        let manifest: serde_json::Value =
            serde_json::from_str(include_str!("../../dist/manifest.json")).unwrap();
        let css = manifest["style.css"].as_str().unwrap();
        let id = if self.route.contains("/keys/{id}") {
            let catalogue = &site.rig.catalogue;
            let keys = catalogue.list_keys(&site.root, &slug.parse().unwrap());
            keys.unwrap()[0].id.to_string()
        } else if self.route.starts_with("/codes/") {
            site.code_id()
        } else if self.route.starts_with("/api/uploads/") {
            "0".repeat(32)
        } else {
            "0000000000000001".to_owned()
        };
        let name = if self.route.contains("/people/") {
            "bob"
        } else {
            css
        };
        let query = if self.with.starts_with('?') {
            self.with
        } else {
            ""
        };
        format!("{}{query}", self.route)
            .replace("{slug}", &slug)
            .replace("{kind}", target.0.word())
            .replace("{id}", &id)
            .replace("{code}", CODE)
            .replace("{name}", name)
            .replace("{file}", "index.m3u8")
            .replace("{language}", "en")
            .replace("{token}/{*piece}", "~nothing/1.m4s")
            .replace("{token}", "nothing")
            .replace("{session}", "nothing")
            .replace("{*rest}", "nothing/here")
    }

    /// The request at a path, by nobody.
    pub fn ask_at(&self, path: &str) -> Ask {
        let method = if self.method == "ANY" {
            "GET"
        } else {
            self.method
        };
        let ask = Ask::new(method.parse().unwrap(), path);
        let with = if self.with.starts_with('?') {
            ""
        } else {
            self.with
        };
        match (self.changes(), with) {
            (false, _) => ask,
            (true, "picture") => ask.bytes("image/png", STANDARD.decode(PICTURE).unwrap()),
            (true, "captions") => ask.text("text/vtt", CAPTIONS),
            (true, with) if self.is_api() => ask.json(with),
            (true, with) => ask.form(with),
        }
    }

    /// The request about the private item.
    pub fn ask(&self, site: &Site, who: Who) -> Ask {
        self.ask_at(&self.path(site, self.target()))
            .with(site.credentials(who))
    }

    /// What is told of this caller.
    pub fn expected(&self, caller: &str, visibility: Visibility) -> u16 {
        let class = TABLE.classes.get(self.class);
        let class = class.unwrap_or_else(|| panic!("no class {}", self.class));
        let column = Visibility::ALL.iter().position(|one| *one == visibility);
        let cell = class[caller][column.unwrap()];
        let excepted = self.but.get(caller).copied();
        excepted.or(cell).unwrap_or(self.yes)
    }

    fn targets(&self) -> Vec<Target> {
        if self.of.is_empty() {
            return vec![(Kind::Stream, Visibility::Private)];
        }
        let kinds = self.of.iter();
        kinds
            .flat_map(|kind| Visibility::ALL.map(|visibility| (*kind, visibility)))
            .collect()
    }
}

/// Method and path of every route, read from the router's source.
pub fn routes() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for block in ROUTER.split(".route(").skip(1) {
        let path = block.split('"').nth(1).unwrap();
        let methods = block.split(".method_not_allowed").next().unwrap();
        for method in [
            "get", "post", "put", "patch", "delete", "options", "head", "any",
        ] {
            let call = format!("{method}(");
            let mut found = methods.match_indices(&call);
            if found.any(|(at, _)| at == 0 || !methods.as_bytes()[at - 1].is_ascii_alphanumeric()) {
                routes.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let rows: BTreeSet<_> = rows()
        .iter()
        .map(|row| (row.method.to_owned(), row.route.to_owned()))
        .collect();
    let routes = routes();
    let missing: Vec<_> = routes.difference(&rows).collect();
    assert!(missing.is_empty(), "routes without a row: {missing:?}");
    let gone: Vec<_> = rows.difference(&routes).collect();
    assert!(gone.is_empty(), "rows without a route: {gone:?}");
}

#[test]
fn every_class_tells_every_caller() {
    let all: BTreeSet<&str> = CALLERS.into();
    for (class, told) in &TABLE.classes {
        let told: BTreeSet<&str> = told.keys().copied().collect();
        assert_eq!(told, all, "{class}");
    }
    let checks: usize = rows()
        .iter()
        .map(|row| row.targets().len() * CALLERS.len())
        .sum();
    assert!(checks >= 3_000, "{checks}");
}

/// Asks every combination of these rows, and tells all that was answered otherwise at once.
async fn walk(rows: impl Iterator<Item = &'static Row>) {
    let mut wrong = Vec::new();
    for row in rows {
        let has_files = !row.changes() && row.of.iter().any(|kind| *kind != Kind::Stream);
        let fresh = async || {
            if has_files {
                World::with_files().await
            } else {
                World::new()
            }
        };
        let mut world = fresh().await;
        for caller in CALLERS {
            for target in row.targets() {
                // Nothing was changed by looking, but somebody may have been disabled.
                if row.changes() {
                    world = fresh().await;
                }
                let expected = row.expected(caller, target.1);
                let (status, answer) = world.send(row, caller, target).await;
                if status != expected {
                    wrong.push(format!(
                        "{} {} of {} by {caller}: {status}, told {expected}",
                        row.method,
                        row.route,
                        slug(target)
                    ));
                    continue;
                }
                // The state of a broadcast is told in one shape, also where there is none to see.
                if row.is_api() && expected >= 400 && row.route != "/api/watch/{slug}" {
                    answer.problem();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Abuse case J1.
#[tokio::test]
async fn looking_gives_every_caller_what_is_theirs_and_nothing_else() {
    walk(rows().iter().filter(|row| !row.changes())).await;
}

/// Abuse case J1.
#[tokio::test]
async fn every_caller_changes_by_api_what_is_theirs_and_nothing_else() {
    walk(rows().iter().filter(|row| row.changes() && row.is_api())).await;
}

/// Abuse case J1.
#[tokio::test]
async fn every_caller_changes_on_pages_what_is_theirs_and_nothing_else() {
    walk(rows().iter().filter(|row| row.changes() && !row.is_api())).await;
}
