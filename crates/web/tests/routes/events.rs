//! Streams of events: who may hear what, when it is told, and how it ends.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use domain::{
    caller::Caller,
    edit::Edit,
    engine::{Refusal, State},
    publish::Protocol,
    slug::Slug,
    stream::Visibility,
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt as _;

use crate::site::{CODE, Site, Who};

/// A page that listens.
struct Listener {
    response: Response<Body>,
    heard: String,
}

impl Listener {
    async fn open(site: &Site, who: Who, topics: &str) -> Self {
        let mut request = Request::get(format!("/api/events?topics={topics}"))
            .header(header::HOST, "media.example.org");
        for (name, value) in &site.credentials(who) {
            request = request.header(name, value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            response,
            heard: String::new(),
        }
    }

    /// The next event: topic, data and server's time; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value, i64)> {
        loop {
            if let Some((event, rest)) = self.heard.split_once("\n\n") {
                let event = event.to_owned();
                self.heard = rest.to_owned();
                if let Some(told) = read(&event) {
                    return Some(told);
                }
                continue;
            }
            let frame = timeout(Duration::from_secs(60), self.response.body_mut().frame());
            let frame = frame.await.expect("a ping at least")?;
            let bytes = frame.unwrap().into_data().unwrap();
            self.heard.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

fn read(event: &str) -> Option<(String, Value, i64)> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data = serde_json::from_str(field("data: ")?).unwrap();
    Some((
        field("event: ")?.to_owned(),
        data,
        field("id: ")?.parse().unwrap(),
    ))
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

#[tokio::test]
async fn each_topic_is_told_to_who_may_hear_it_and_closed_to_others() {
    let heard = [
        ("watch:secret", [false, false, true, true]),
        ("watch:club", [false, true, true, true]),
        ("watch:open", [true, true, true, true]),
        ("stream:secret", [false, false, true, true]),
        ("stream:open", [false, false, true, true]),
        ("home", [true, true, true, true]),
        ("server", [false, false, false, true]),
    ];
    let callers = [Who::Nobody, Who::Other, Who::Owner, Who::Administrator];
    let site = Site::new();
    for (topic, allowed) in heard {
        for (who, allowed) in callers.into_iter().zip(allowed) {
            let mut listener = Listener::open(&site, who, topic).await;
            let (name, data, _) = listener.next().await.unwrap();
            assert_eq!(name, topic);
            assert_eq!(
                data["state"] != "not_allowed",
                allowed,
                "{topic} by {who:?}: {data}"
            );
            if !allowed {
                assert_eq!(data, serde_json::json!({"state": "not_allowed"}));
                assert_eq!(listener.next().await, None, "{topic} by {who:?}");
            }
        }
    }
}

#[tokio::test]
async fn program_hears_by_its_key_what_its_scopes_open_and_is_refused_where_that_is_nothing() {
    let site = Site::new();
    for (topic, who, status) in [
        ("watch:secret", Who::ReadKey, 200),
        ("watch:secret", Who::PublishKey, 403),
        ("watch:secret", Who::AdminKey, 200),
        ("watch:nothing", Who::ReadKey, 403),
        ("stream:secret", Who::ReadKey, 403),
        ("stream:secret", Who::ManageKey, 200),
        ("stream:secret", Who::AdminKey, 200),
        ("server", Who::ManageKey, 403),
        ("server", Who::AdminKey, 200),
        ("home", Who::PublishKey, 200),
        ("home", Who::BadKey, 401),
    ] {
        if status != 200 {
            let answer = site.get(who, &format!("/api/events?topics={topic}")).await;
            assert_eq!(answer.status.as_u16(), status, "{topic} by {who:?}");
            answer.problem();
            continue;
        }
        let mut listener = Listener::open(&site, who, topic).await;
        let (name, data, _) = listener.next().await.unwrap();
        assert_eq!(name, topic);
        assert_ne!(data["state"], "not_allowed", "{topic} by {who:?}");
    }
    // Of several topics those that are open are heard, and the others told as such.
    let mut listener = Listener::open(&site, Who::ReadKey, "stream:secret,watch:secret").await;
    let told = [
        listener.next().await.unwrap(),
        listener.next().await.unwrap(),
    ];
    let states = told.map(|(name, data, _)| (name, data["state"].clone()));
    assert!(states.contains(&("stream:secret".to_owned(), "not_allowed".into())));
    assert!(states.contains(&("watch:secret".to_owned(), "live".into())));
}

#[tokio::test(start_paused = true)]
async fn revoked_key_hears_nothing_more() {
    let site = Site::new();
    let mut listener = Listener::open(&site, Who::ReadKey, "watch:secret").await;
    assert_eq!(listener.next().await.unwrap().1["state"], "live");
    let operator = Caller::operator();
    let keys = site.rig.catalogue.list_api_keys(&operator).unwrap();
    for key in keys {
        site.rig
            .catalogue
            .revoke_api_key(&operator, key.id)
            .await
            .unwrap();
    }
    assert_eq!(listener.next().await.unwrap().1["state"], "not_allowed");
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn unknown_streams_are_closed_like_those_of_others() {
    let site = Site::new();
    for topic in ["watch:nothing", "stream:nothing"] {
        let mut listener = Listener::open(&site, Who::Other, topic).await;
        let told = listener.next().await.unwrap();
        assert_eq!(told.1, serde_json::json!({"state": "not_allowed"}));
    }
}

#[tokio::test]
async fn topics_are_bounded_and_must_be_some() {
    let site = Site::new();
    let many = vec!["home"; 65].join(",");
    for topics in ["", ",", "home,nonsense", "watch:a%2Fb", many.as_str()] {
        let path = format!("/api/events?topics={topics}");
        let answer = site.get(Who::Nobody, &path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{topics:?}");
        assert_eq!(answer.problem(), "bad_topics");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_attempt_and_a_lost_sender_are_told_within_a_second() {
    let site = Site::new();
    let mut listener = Listener::open(&site, Who::Owner, "stream:secret,watch:secret").await;
    assert_eq!(
        listener.next().await.unwrap().1["refusals"],
        serde_json::json!([])
    );
    assert_eq!(listener.next().await.unwrap().1["state"], "live");
    let began = Instant::now();
    site.engine.refuse(Refusal {
        at: site.rig.now(),
        protocol: Protocol::Rtmp,
        address: [203, 0, 113, 7].into(),
        slug: Some(slug("secret")),
        reason: "unknown_key",
        message: "The key is not known here.".to_owned(),
        fix: "Copy the key again.".to_owned(),
        times: 1,
    });
    let (topic, data, _) = listener.next().await.unwrap();
    assert_eq!(topic, "stream:secret");
    assert_eq!(data["refusals"][0]["address"], "203.0.113.x");
    assert_eq!(data["refusals"][0]["message"], "The key is not known here.");
    assert!(
        began.elapsed() <= Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );

    let began = Instant::now();
    let mut live = domain::engine::Engine::live(&*site.engine, &slug("secret")).unwrap();
    live.state = State::Away {
        until: site.rig.now(),
    };
    site.engine.set_live(live);
    assert_eq!(listener.next().await.unwrap().1["live"]["state"], "away");
    assert_eq!(listener.next().await.unwrap().1["state"], "away");
    assert!(
        began.elapsed() <= Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn ended_login_and_changed_visibility_end_what_is_heard() {
    let site = Site::new();
    let mut listener = Listener::open(&site, Who::Other, "watch:club,home").await;
    listener.next().await.unwrap();
    listener.next().await.unwrap();
    let edit = Edit {
        visibility: Some(Visibility::Private),
        ..Edit::default()
    };
    let operator = Caller::operator();
    let club = slug("club");
    let changed = site.rig.catalogue.update_stream(&operator, &club, edit);
    changed.await.unwrap();
    let mut closed = Vec::new();
    for _ in 0..2 {
        let (topic, data, _) = listener.next().await.unwrap();
        closed.push((topic, data["state"] == "not_allowed"));
    }
    assert!(
        closed.contains(&("watch:club".to_owned(), true)),
        "{closed:?}"
    );

    let mut own = Listener::open(&site, Who::Owner, "stream:secret").await;
    own.next().await.unwrap();
    let disabled = site.rig.catalogue.disable_user(&operator, site.user("ann"));
    disabled.await.unwrap();
    assert_eq!(own.next().await.unwrap().1["state"], "not_allowed");
    assert_eq!(own.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn end_of_a_code_is_told_before_the_next_second() {
    let site = Site::new();
    let topics = format!("watch:secret&access_code={CODE}");
    let mut listener = Listener::open(&site, Who::Nobody, &topics).await;
    assert_eq!(listener.next().await.unwrap().1["state"], "live");
    // Past the first tick; the next by itself is most of a second away.
    sleep(Duration::from_millis(300)).await;
    let operator = Caller::operator();
    let id = site.rig.catalogue.code_named(&operator, CODE).unwrap();
    let deleted = site.rig.catalogue.delete_code(&operator, id);
    deleted.await.unwrap();
    let began = Instant::now();
    assert_eq!(listener.next().await.unwrap().1["state"], "not_allowed");
    assert!(
        began.elapsed() <= Duration::from_millis(250),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_pinged_and_a_stop_ends_every_stream() {
    let site = Site::new();
    let mut listener = Listener::open(&site, Who::Nobody, "home").await;
    listener.next().await.unwrap();
    for _ in 0..3 {
        let frame = listener.response.body_mut().frame();
        let frame = timeout(Duration::from_secs(16), frame).await.unwrap();
        // Not a comment: a page must hear it, to know that the connection lives.
        let frame = frame.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, "event: ping\ndata: {}\n\n");
    }
    site.app.stop();
    assert_eq!(listener.next().await, None);
    let after = site.get(Who::Nobody, "/api/events?topics=home").await;
    assert_eq!(after.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn stream_of_events_is_kept_by_nobody_on_the_way() {
    let site = Site::new();
    let listener = Listener::open(&site, Who::Nobody, "home").await;
    let headers = listener.response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "private, no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
}
