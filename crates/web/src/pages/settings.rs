//! `/admin/settings`: every setting, where it comes from, and those that can change while the program runs.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::caller::Caller;
use serde::Deserialize;

use super::{Frame, administrator::Administrator, login::see, page};
use crate::{
    App,
    configuration::{Invalid, Refused, Setting, Shape, Source},
    error::Problem,
    extract::{Form, Query},
    text::Text,
};

/// A stretch of text; in the words of settings, code stands between grave accents.
struct Part {
    is_code: bool,
    text: String,
}

fn parts(text: &str) -> Vec<Part> {
    let stretches = text.split('`').enumerate();
    stretches
        .map(|(n, text)| Part {
            is_code: n % 2 == 1,
            text: text.to_owned(),
        })
        .collect()
}

/// A setting that can change.
struct Field {
    /// Id of the element: the words' id, which has no dot.
    id: String,
    name: &'static str,
    label: String,
    about: Vec<Part>,
    /// What fits and what is used when nothing is typed, in words.
    hint: String,
    is_switch: bool,
    is_list: bool,
    typed: String,
    /// Why it cannot change here.
    fixed: Option<String>,
    error: Option<String>,
}

struct Row {
    name: &'static str,
    value: String,
    default: String,
    is_default: bool,
    source: String,
    about: Vec<Part>,
    in_use: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    t: Text,
    summary: String,
    fields: Vec<Field>,
    rows: Vec<Row>,
    is_saved: bool,
    /// What is wrong with the form as a whole.
    wrong: Option<String>,
}

#[derive(Default)]
struct Typed {
    values: HashMap<String, String>,
    wrong: HashMap<String, Invalid>,
}

impl Page {
    fn new(app: &App, caller: &Caller, typed: &Typed) -> Self {
        let frame = Frame::new(app, caller);
        let t = frame.t;
        let settings = app.inner.configuration.list();
        let is_set = |setting: &&Setting| setting.source != Source::Default;
        let summary = t.msg("settings-summary").arg("count", settings.len());
        let summary = summary.arg("set", settings.iter().filter(is_set).count());
        let open = |setting: &&Setting| setting.shape.is_some();
        Self {
            summary: summary.to_string(),
            fields: settings
                .iter()
                .filter(open)
                .filter_map(|s| field(t, s, typed))
                .collect(),
            rows: settings.iter().map(|setting| row(t, setting)).collect(),
            frame,
            t,
            is_saved: false,
            wrong: None,
        }
    }
}

fn field(t: Text, setting: &Setting, typed: &Typed) -> Option<Field> {
    let id = setting.words();
    let shape = setting.shape?;
    let hint = match shape {
        Shape::Whole { min, max } => t
            .msg("settings-hint-whole")
            .arg("min", min.to_string())
            .arg("max", max.to_string())
            .arg("default", setting.default.as_str()),
        Shape::Switch => t.msg("settings-hint-switch"),
        Shape::Origins => t.msg("settings-hint-origins"),
    };
    let fixed = (!setting.is_open()).then(|| {
        let id = format!("settings-fixed-{}", setting.source.word());
        t.msg(id).to_string()
    });
    let kept = typed.values.get(setting.name).filter(|_| fixed.is_none());
    Some(Field {
        name: setting.name,
        label: t.msg(id.as_str()).attr("label").to_string(),
        about: parts(&t.msg(id.as_str()).to_string()),
        hint: hint.to_string(),
        is_switch: shape == Shape::Switch,
        is_list: shape == Shape::Origins,
        typed: kept.unwrap_or(&setting.typed).clone(),
        fixed,
        error: typed.wrong.get(setting.name).map(|wrong| words(t, wrong)),
        id,
    })
}

fn row(t: Text, setting: &Setting) -> Row {
    Row {
        name: setting.name,
        value: setting.value.clone(),
        default: setting.default.clone(),
        is_default: setting.source == Source::Default,
        source: t
            .msg(format!("settings-from-{}", setting.source.word()))
            .to_string(),
        about: parts(&t.msg(setting.words()).to_string()),
        in_use: setting.in_use,
    }
}

fn words(t: Text, wrong: &Invalid) -> String {
    match wrong {
        Invalid::Whole { min, max } => t
            .msg("settings-wrong-whole")
            .arg("min", min.to_string())
            .arg("max", max.to_string()),
        Invalid::Switch => t.msg("settings-wrong-switch"),
        Invalid::Origin(which) => t.msg("settings-wrong-origin").arg("which", which.as_str()),
        Invalid::TooLong => t.msg("settings-wrong-long"),
        Invalid::Fixed(source) => t.msg(format!("settings-fixed-{}", source.word())),
        Invalid::Closed => t.msg("settings-wrong-closed"),
    }
    .to_string()
}

#[derive(Deserialize)]
pub(crate) struct After {
    saved: Option<String>,
}

/// `GET /admin/settings`.
pub(crate) async fn show(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Query(after): Query<After>,
) -> Response {
    let template = Page {
        is_saved: after.saved.is_some(),
        ..Page::new(&app, &caller, &Typed::default())
    };
    page(StatusCode::OK, &template, false)
}

/// `POST /admin/settings`: 303 back to the page; what was changed holds by then.
pub(crate) async fn save(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    // A switch that is off sends its hidden field alone; one that is on sends it after that.
    let values: HashMap<String, String> = form.into_iter().collect();
    let typed = values.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let wrong = match app.inner.configuration.change(&caller, typed).await {
        Ok(()) => return see("/admin/settings?saved"),
        Err(Refused::Invalid(wrong)) => wrong,
        Err(Refused::NotAllowed) => return Problem::forbidden().into_response(),
        Err(Refused::Store(error)) => return Problem::internal(&error).into_response(),
    };
    let t = app.text();
    let typed = Typed {
        values,
        wrong: wrong.into_iter().collect(),
    };
    let mut template = Page::new(&app, &caller, &typed);
    // What has no field to stand beside is told above.
    let has_field = |name: &str| template.fields.iter().any(|field| field.name == name);
    let elsewhere = typed.wrong.iter().find(|(name, _)| !has_field(name));
    template.wrong = match elsewhere {
        Some((_, wrong)) => Some(words(t, wrong)),
        None => Some(t.msg("settings-wrong").to_string()),
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &template, false)
}
