//! A whole site in one line, with a caller of each kind.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use bytes::Bytes;
use domain::{
    api_key::Scope,
    caller::Caller,
    clock::Clock,
    engine::{Reply, Status},
    random::Random,
    stored::Kind,
    stream::{MadeKey, Stream, Visibility},
    user::{Name, Role, UserId},
};
use http_body_util::BodyExt as _;
use testkit::{FakeEngine, FixedClock, Memory, Rig, Seeded};
use tower::ServiceExt as _;
use web::{App, Check, Ports, Settings};

use crate::fakes;

/// The cookie of a login on a connection that is not known to be encrypted.
pub const COOKIE: &str = "media_server_login";

/// Who asks, one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Nobody,
    /// Bob, a member who owns nothing here.
    Other,
    /// Ann, the member who owns every stream.
    Owner,
    /// Root.
    Administrator,
    /// Ann's API key with the scope `read`.
    ReadKey,
    /// Ann's, with `manage`.
    ManageKey,
    /// Ann's, with `publish`.
    PublishKey,
    /// Root's, with `admin`, `read` and `manage`.
    AdminKey,
    /// An API key that never was one.
    BadKey,
    /// A cookie that never was one.
    BadCookie,
}

/// The code that opens `secret`.
pub const CODE: &str = "website2024";

/// Ann's private video `film` and private image `print`, whose files are not there; and her streams `open` (public), `link` (unlisted), `club` (members) and `secret` (private), all live.
pub struct Site {
    pub rig: Rig,
    pub engine: Arc<FakeEngine>,
    pub intake: Arc<fakes::Intake>,
    pub router: Router,
    pub app: App,
    pub secret: (Stream, MadeKey),
    pub is_failing: Arc<AtomicBool>,
    pub ann: Caller,
    pub root: Caller,
    cookies: [String; 3],
}

impl Site {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let rig = Rig::new();
        let ann = rig.member("ann");
        let root = rig.administrator("root");
        rig.user("bob", Role::Member);
        let cookies =
            ["ann", "bob", "root"].map(|name| rig.log_in(name).cookie.expose().to_owned());
        let engine = Arc::new(FakeEngine::default());
        for (slug, visibility) in [
            ("open", Visibility::Public),
            ("link", Visibility::Unlisted),
            ("club", Visibility::Members),
        ] {
            engine.go_live(&rig.stream(&ann, slug, visibility).0, rig.now());
        }
        let secret = rig.stream(&ann, "secret", Visibility::Private);
        engine.go_live(&secret.0, rig.now());
        rig.stored(&ann, Kind::Video, "film", Visibility::Private);
        rig.stored(&ann, Kind::Image, "print", Visibility::Private);
        rig.code(&ann, Some(CODE), &["stream:secret"]);
        for slug in ["open", "link", "club", "secret"] {
            engine.set_poster(&slug.parse().unwrap(), poster());
        }
        let is_failing = Arc::new(AtomicBool::new(false));
        let intake = Arc::new(fakes::Intake::over(&rig));
        let app = app_over(&rig, &engine, &is_failing, settings, &intake);
        Self {
            router: web::router(app.clone()),
            app,
            rig,
            engine,
            intake,
            secret,
            is_failing,
            ann,
            root,
            cookies,
        }
    }

    /// Headers that this caller sends.
    pub fn credentials(&self, who: Who) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let [ann, bob, root] = &self.cookies;
        let cookie = match who {
            Who::Other => Some(bob.as_str()),
            Who::Owner => Some(ann.as_str()),
            Who::Administrator => Some(root.as_str()),
            Who::BadCookie => Some("nothing"),
            _ => None,
        };
        let key = |owner: &Caller, scopes: &[Scope]| {
            self.rig.api_key(owner, scopes).1.expose().to_owned()
        };
        let key = match who {
            Who::ReadKey => Some(key(&self.ann, &[Scope::Read])),
            Who::ManageKey => Some(key(&self.ann, &[Scope::Manage])),
            Who::PublishKey => Some(key(&self.ann, &[Scope::Publish])),
            Who::AdminKey => Some(key(&self.root, &[Scope::Admin, Scope::Read, Scope::Manage])),
            Who::BadKey => Some("nothing".to_owned()),
            _ => None,
        };
        if let Some(cookie) = cookie {
            headers.insert(
                header::COOKIE,
                format!("{COOKIE}={cookie}").parse().unwrap(),
            );
        }
        if let Some(key) = key {
            headers.insert(
                header::AUTHORIZATION,
                format!("Bearer {key}").parse().unwrap(),
            );
        }
        headers
    }

    /// Works over the storage that this site serves from.
    pub fn works(&self) -> library::Works {
        self.intake.works(&self.rig)
    }

    /// The id of whoever has this name.
    pub fn user(&self, name: &str) -> UserId {
        let name = Name::parse(name).unwrap();
        self.rig
            .catalogue
            .find_user_named(&Caller::operator(), &name)
            .unwrap()
            .id
    }

    /// The id of the code that opens `secret`.
    pub fn code_id(&self) -> String {
        let codes = &self.rig.catalogue;
        let id = codes.code_named(&Caller::operator(), CODE).unwrap();
        id.to_string()
    }

    pub async fn send(&self, ask: Ask) -> Answer {
        send(&self.router, ask).await
    }

    /// The same where the body is no text.
    pub async fn send_raw(&self, ask: Ask) -> (StatusCode, HeaderMap, Bytes) {
        send_raw(&self.router, ask).await
    }

    pub async fn get(&self, who: Who, path: &str) -> Answer {
        self.send(Ask::new(Method::GET, path).with(self.credentials(who)))
            .await
    }

    pub async fn post_json(&self, who: Who, path: &str, body: &str) -> Answer {
        self.send(
            Ask::new(Method::POST, path)
                .with(self.credentials(who))
                .json(body),
        )
        .await
    }
}

/// A picture, as far as its readers here care.
pub fn poster() -> Reply {
    Reply {
        status: Status::Ok,
        media_type: "video/mp4",
        body: vec![Bytes::from_static(b"01234"), Bytes::from_static(b"56789")].into(),
        gzip: None,
        max_age_s: 5,
        immutable: false,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

/// The handlers' state over a rig.
pub fn app(
    rig: &Rig,
    engine: &Arc<FakeEngine>,
    is_failing: &Arc<AtomicBool>,
    settings: Settings,
) -> App {
    let intake = Arc::new(fakes::Intake::over(rig));
    app_over(rig, engine, is_failing, settings, &intake)
}

fn app_over(
    rig: &Rig,
    engine: &Arc<FakeEngine>,
    is_failing: &Arc<AtomicBool>,
    settings: Settings,
    intake: &Arc<fakes::Intake>,
) -> App {
    let is_failing = is_failing.clone();
    let checks = move || {
        let failure = is_failing
            .load(Ordering::SeqCst)
            .then(|| "disk full at /srv/media.db".to_owned());
        Box::pin(ready(vec![Check {
            name: "database",
            failure,
        }])) as domain::BoxFuture<'static, Vec<Check>>
    };
    let ports = Ports {
        catalogue: rig.catalogue.clone(),
        engine: engine.clone(),
        clock: Arc::new(rig.clock.clone()) as Arc<dyn Clock>,
        random: Arc::new(Seeded::new(7)) as Arc<dyn Random>,
        checks: Box::new(checks),
        self_check: Arc::new(fakes::Check::default()),
        configuration: Arc::new(fakes::Settings(rig.catalogue.clone())),
        machine: Box::new(fakes::machine),
        test_signal: Arc::new(FakeSignal::default()),
        works: intake.works(rig),
        uploading: Some(web::intake::Uploading {
            uploads: intake.uploads.clone(),
            intake: intake.clone(),
        }),
    };
    App::new(ports, settings)
}

/// A test signal that says it runs where it was started, on one stream at most.
#[derive(Default)]
struct FakeSignal(std::sync::Mutex<Option<(domain::slug::Slug, domain::catalogue::Lent)>>);

impl web::TestSignal for FakeSignal {
    fn runs(&self, slug: &domain::slug::Slug) -> bool {
        self.0
            .lock()
            .unwrap()
            .as_ref()
            .is_some_and(|(on, _)| on == slug)
    }

    fn start(
        &self,
        slug: &domain::slug::Slug,
        key: domain::catalogue::Lent,
    ) -> Result<(), web::TestSignalRefused> {
        let mut running = self.0.lock().unwrap();
        match &*running {
            Some((on, _)) if on == slug => Err(web::TestSignalRefused::Running),
            Some(_) => Err(web::TestSignalRefused::TooMany { max: 1 }),
            None => {
                *running = Some((slug.clone(), key));
                Ok(())
            }
        }
    }

    fn stop(&self, slug: &domain::slug::Slug) {
        self.0.lock().unwrap().take_if(|(on, _)| on == slug);
    }
}

/// A site that nobody has set up.
pub fn fresh() -> (Rig, Router) {
    let rig = Rig::over(Memory::default(), FixedClock::default());
    let app = app(&rig, &Arc::default(), &Arc::default(), Settings::default());
    (rig, web::router(app))
}

/// A request.
pub struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    ends: bool,
}

impl Ask {
    pub fn new(method: Method, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "media.example.org".parse().unwrap());
        Self {
            method,
            path: path.to_owned(),
            headers,
            body: Vec::new(),
            ends: true,
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn into_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub fn with(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    /// The body never comes to an end.
    pub fn without_end(mut self) -> Self {
        self.ends = false;
        self
    }

    pub fn json(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("content-type", "application/json")
    }

    pub fn text(mut self, media_type: &str, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("content-type", media_type)
    }

    /// A body that is no text.
    pub fn bytes(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", media_type)
    }

    pub fn form(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("content-type", "application/x-www-form-urlencoded")
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The `code` of a problem, after all that a problem must have was found.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let value = self.json();
        for field in ["type", "title", "detail", "code"] {
            assert!(
                value[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field} of {self:?}"
            );
        }
        assert_eq!(value["status"], self.status.as_u16());
        assert_eq!(value["request_id"], self.header("x-request-id"));
        assert_eq!(value["request_id"].as_str().map(str::len), Some(16));
        value["code"].as_str().unwrap().to_owned()
    }

    /// The cookie that was set, with its attributes.
    pub fn cookie(&self) -> Option<&str> {
        self.headers
            .get(header::SET_COOKIE)
            .map(|value| value.to_str().unwrap())
    }
}

pub async fn send(router: &Router, ask: Ask) -> Answer {
    let (status, headers, bytes) = send_raw(router, ask).await;
    Answer {
        status,
        headers,
        body: String::from_utf8(bytes.into()).unwrap(),
    }
}

async fn send_raw(router: &Router, ask: Ask) -> (StatusCode, HeaderMap, Bytes) {
    let body = if ask.ends {
        Body::from(ask.body)
    } else {
        Body::from_stream(futures_util::stream::pending::<
            Result<String, std::io::Error>,
        >())
    };
    let mut request = Request::new(body);
    *request.method_mut() = ask.method;
    *request.uri_mut() = ask.path.parse().unwrap();
    *request.headers_mut() = ask.headers;
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, bytes)
}
