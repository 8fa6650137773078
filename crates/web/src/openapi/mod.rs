//! The API described: OpenAPI 3.1, made from [`calls::CALLS`] and [`shapes::SHAPES`], and the page that shows the same to people.
//!
//! The description is data beside the handlers, and cannot drift from them: tests compare its calls with the router's routes, the fields
//! of its bodies with those that handlers read, and real answers with its shapes.

mod calls;
mod page;
mod shapes;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

pub(crate) use page::show as docs;

use calls::{CALLS, Call, Content, Needs, PARTS, Sent};
use shapes::{Field, SHAPES, schema};

/// The description of the whole API, as `docs/ref/openapi.json` keeps it.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        let path = paths
            .entry(call.path.replace("{*piece}", "{piece}"))
            .or_insert_with(|| json!({}));
        path[call.method.to_ascii_lowercase()] = operation(call);
    }
    let shapes: Map<String, Value> = SHAPES
        .iter()
        .map(|shape| (shape.name.to_owned(), object(shape.fields)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Media Server",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Live streams, videos and images, and access codes that share them.",
            "description": "JSON over HTTP. Times are RFC 3339, UTC. Bodies of JSON are at most 64 KiB; unknown fields are refused. What a \
                            caller may not see and what does not exist are told alike. Every error is a `Problem` (RFC 9457) with a stable `code`.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key. Its scopes: read, manage, publish, admin."},
                "login": {"type": "apiKey", "in": "cookie", "name": "media_server_login", "description": "The cookie of `POST /login`; over TLS its name begins with `__Host-`."},
                "code": {"type": "apiKey", "in": "query", "name": "access_code", "description": "An access code, for what it opens."},
            },
        },
    })
}

/// `GET /api/openapi.json`.
pub(crate) async fn show() -> Response {
    let mut response = Json(document()).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn operation(call: &Call) -> Value {
    let mut responses = Map::new();
    for answer in call.answers {
        let mut response = json!({"description": answer.about});
        if let Some((media_type, schema)) = content(&answer.content) {
            response["content"] = json!({media_type: {"schema": schema}});
        }
        responses.insert(answer.status.to_string(), response);
    }
    if !call.problems.is_empty() {
        let codes: Vec<String> = call
            .problems
            .iter()
            .map(|code| format!("`{code}`"))
            .collect();
        responses.insert(
            "default".to_owned(),
            json!({
                "description": format!("A problem, with one of the codes {}.", codes.join(", ")),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }),
        );
    }
    let in_path = call.parts().map(|part| {
        json!({"name": part.name, "in": "path", "required": true, "description": part.about, "schema": schema(part.kind), "example": part.example})
    });
    let in_query = call.query.iter().map(|field| {
        json!({"name": field.name.trim_end_matches('?'), "in": "query", "required": !field.name.ends_with('?'), "description": field.about, "schema": schema(field.kind)})
    });
    let in_headers = call.headers.iter().map(|field| {
        json!({"name": field.name.trim_end_matches('?'), "in": "header", "required": !field.name.ends_with('?'), "description": field.about, "schema": schema(field.kind)})
    });
    let parameters: Vec<Value> = in_path.chain(in_query).chain(in_headers).collect();
    let mut operation = json!({
        "tags": [call.noun],
        "operationId": call.id(),
        "summary": call.summary,
        "description": call.needs.words(),
        "security": security(call.needs),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = body(&call.sent) {
        operation["requestBody"] = body;
    }
    operation
}

fn content(content: &Content) -> Option<(&'static str, Value)> {
    match *content {
        Content::Nothing => None,
        Content::Shape(name) => Some(("application/json", schema(name))),
        Content::Bytes(media_type) => Some((media_type, json!({}))),
    }
}

fn body(sent: &Sent) -> Option<Value> {
    let (media_type, schema, example) = match *sent {
        Sent::Nothing => return None,
        Sent::Json { shape, example } => (
            "application/json",
            schema(shape),
            serde_json::from_str(example).unwrap_or(Value::Null),
        ),
        Sent::Form { fields } => ("multipart/form-data", object(fields), Value::Null),
        Sent::Bytes { media_type, .. } => (media_type, json!({}), Value::Null),
    };
    let mut content = json!({"schema": schema});
    if !example.is_null() {
        content["example"] = example;
    }
    Some(json!({"required": true, "content": {media_type: content}}))
}

fn object(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let name = field.name.trim_end_matches('?');
        if name == field.name {
            required.push(name);
        }
        let mut value = schema(field.kind);
        if !field.about.is_empty() {
            value["description"] = json!(field.about);
        }
        properties.insert(name.to_owned(), value);
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn security(needs: Needs) -> Value {
    match needs {
        Needs::Nothing => json!([{}]),
        Needs::Sight => json!([{}, {"login": []}, {"key": ["read"]}, {"code": []}]),
        Needs::Listing => json!([{}, {"login": []}, {"key": ["read"]}]),
        Needs::Scope(scope) => json!([{"login": []}, {"key": [scope]}]),
        Needs::Login => json!([{"login": []}]),
        Needs::Known => json!([{"login": []}, {"key": []}]),
        Needs::Key => json!([{"key": ["publish"]}]),
    }
}

/// The parts of a path by name.
fn part(name: &str) -> Option<&'static Field> {
    PARTS.iter().find(|part| part.name == name)
}
