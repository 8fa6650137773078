//! `/api/docs`: the calls of the API by noun, each with a line for `curl`. Works offline and without script.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    calls::{CALLS, Call, Content, NOUNS, Needs, Sent},
    shapes::{Field, SHAPES},
};
use crate::{
    App,
    extract::{Client, Visitor},
    pages::{Frame, page},
    text::Text,
};

struct Row {
    name: String,
    kind: String,
    is_optional: bool,
    about: &'static str,
}

struct Outcome {
    status: u16,
    /// The shape's name; empty where there is none.
    shape: &'static str,
    media_type: &'static str,
    about: &'static str,
}

struct Entry {
    id: String,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    needs: String,
    parameters: Vec<Row>,
    body: Vec<Row>,
    outcomes: Vec<Outcome>,
    problems: &'static [&'static str],
    curl: String,
}

struct Section {
    noun: &'static str,
    heading: String,
    entries: Vec<Entry>,
}

struct ShapeRows {
    name: &'static str,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "api.html")]
struct Page {
    frame: Frame,
    t: Text,
    sections: Vec<Section>,
    shapes: Vec<ShapeRows>,
}

/// `GET /api/docs`.
pub(crate) async fn show(
    State(app): State<App>,
    client: Client,
    Visitor(caller): Visitor,
) -> Response {
    let frame = Frame::new(&app, &caller);
    let t = frame.t;
    let section = |noun: &&'static str| Section {
        noun,
        heading: t.msg(format!("api-noun-{noun}")).to_string(),
        entries: CALLS
            .iter()
            .filter(|call| call.noun == *noun)
            .map(|call| entry(call, &client.origin))
            .collect(),
    };
    let template = Page {
        t,
        frame,
        sections: NOUNS.iter().map(section).collect(),
        shapes: SHAPES
            .iter()
            .map(|shape| ShapeRows {
                name: shape.name,
                rows: shape.fields.iter().map(row).collect(),
            })
            .collect(),
    };
    page(StatusCode::OK, &template, false)
}

fn entry(call: &Call, root: &str) -> Entry {
    let in_path = call.parts();
    let fields = in_path.chain(call.query).chain(call.headers);
    let outcome = |answer: &super::calls::Answer| {
        let (shape, media_type) = match answer.content {
            Content::Nothing => ("", ""),
            Content::Shape(shape) => (shape, ""),
            Content::Bytes(media_type) => ("", media_type),
        };
        Outcome {
            status: answer.status,
            shape,
            media_type,
            about: answer.about,
        }
    };
    let body = match call.sent {
        Sent::Json { shape, .. } => SHAPES
            .iter()
            .find(|known| known.name == shape)
            .map_or(&[][..], |known| known.fields),
        Sent::Form { fields } => fields,
        Sent::Nothing | Sent::Bytes { .. } => &[],
    };
    Entry {
        id: call.id(),
        method: call.method,
        path: call.path,
        summary: call.summary,
        needs: call.needs.words().replace('`', ""),
        parameters: fields.map(row).collect(),
        body: body.iter().map(row).collect(),
        outcomes: call.answers.iter().map(outcome).collect(),
        problems: call.problems,
        curl: curl(call, root),
    }
}

fn row(field: &Field) -> Row {
    Row {
        name: field.name.trim_end_matches('?').to_owned(),
        kind: field
            .kind
            .replace("one of ", "")
            .trim_end_matches('?')
            .to_owned(),
        is_optional: field.name.ends_with('?'),
        about: field.about,
    }
}

/// The call as one types it.
fn curl(call: &Call, root: &str) -> String {
    let mut line = "curl".to_owned();
    if call.method != "GET" {
        line.push_str(&format!(" -X {}", call.method));
    }
    match call.needs {
        Needs::Nothing => {}
        Needs::Login => line.push_str(" -b \"$COOKIE\""),
        _ => line.push_str(" -H \"Authorization: Bearer $KEY\""),
    }
    for field in call
        .headers
        .iter()
        .filter(|field| !field.name.ends_with('?'))
    {
        let value = match field.name {
            "Tus-Resumable" => "1.0.0",
            "Upload-Length" => "1000000",
            _ => "0",
        };
        line.push_str(&format!(" -H \"{}: {value}\"", field.name));
    }
    match call.sent {
        Sent::Nothing => {}
        Sent::Json { example, .. } => {
            line.push_str(&format!(
                " -H \"Content-Type: application/json\" -d '{example}'"
            ));
        }
        Sent::Form { .. } => line.push_str(" -F title=Welcome -F file=@welcome"),
        Sent::Bytes { media_type, curl } => {
            line.push_str(&format!(
                " -H \"Content-Type: {media_type}\" --data-binary @{curl}"
            ));
        }
    }
    let mut path = call.path.replace("{*", "{");
    for part in call.parts() {
        path = path.replace(&format!("{{{}}}", part.name), part.example);
    }
    let query: Vec<String> = call
        .query
        .iter()
        .filter(|field| !field.name.ends_with('?'))
        .map(|field| format!("{}=home", field.name))
        .collect();
    if !query.is_empty() {
        path.push('?');
        path.push_str(&query.join("&"));
    }
    format!("{line} \"{root}{path}\"")
}
