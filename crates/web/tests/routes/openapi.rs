//! The description of the API against the API: its paths, the fields that handlers read, and what they really answer.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::{Value, json};
use testkit::FakeEngine;

use crate::{
    site::{Answer, Ask, Site, Who},
    table::{World, routes, rows},
};

/// Routes outside `/api` that programs ask for.
const BESIDE: &[&str] = &[
    "/health",
    "/images/{slug}",
    "/watch/{slug}/download",
    "/hls/",
    "/{slug}/whep",
    "/{slug}/whip",
];

fn document() -> Value {
    web::openapi()
}

/// The operations by method and path.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            found.insert((method.to_uppercase(), path.clone()), operation);
        }
    }
    found
}

#[test]
fn every_call_is_described_and_every_description_is_a_call() {
    let document = document();
    let told: BTreeSet<_> = operations(&document).into_keys().collect();
    let is_of_programs = |path: &str| {
        path.starts_with("/api/") && path != "/api/{*rest}" && path != "/api/"
            || BESIDE.iter().any(|beside| path.starts_with(beside)) && !path.ends_with("/about")
    };
    let routes: BTreeSet<_> = routes()
        .into_iter()
        .filter(|(_, path)| is_of_programs(path))
        .map(|(method, path)| (method, path.replace("{*", "{")))
        .collect();
    assert_eq!(routes, told);
}

#[test]
fn committed_description_is_that_of_the_code() {
    let committed: Value =
        serde_json::from_str(include_str!("../../../../docs/ref/openapi.json")).unwrap();
    assert!(
        committed == document(),
        "docs/ref/openapi.json is old; run `cargo xtask generate`"
    );
}

#[test]
fn every_reference_leads_to_a_shape_and_every_shape_is_referred_to() {
    let document = document();
    let text = document.to_string();
    let shapes = document["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(named, shapes.keys().map(String::as_str).collect());
    let mut ids = BTreeSet::new();
    for (call, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].to_string()), "{call:?}");
        assert!(
            operation["summary"].as_str().unwrap().ends_with(['.', '?']),
            "{call:?}"
        );
        for part in call.1.split('{').skip(1) {
            let name = part.split('}').next().unwrap();
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters
                    .iter()
                    .any(|one| one["name"] == name && one["in"] == "path"),
                "{call:?}: {name}"
            );
        }
    }
}

/// Says what of a value is not as its schema has it: JSON Schema as far as the description uses it.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{place}: {why}: {value}"));
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return check(document, schema, value, place);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let mut tries = any
            .iter()
            .map(|schema| check(document, schema, value, place));
        let first = tries.next().unwrap();
        return if first.is_ok() || tries.any(|one| one.is_ok()) {
            Ok(())
        } else {
            first
        };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let fits = kinds.iter().any(|kind| match *kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    });
    if !fits {
        return wrong("another kind");
    }
    if let (Some(words), false) = (schema["enum"].as_array(), words_pass(schema, value)) {
        return wrong(&format!("none of {words:?}"));
    }
    if schema["format"] == "date-time" && value.as_str().is_some_and(|text| !text.ends_with('Z')) {
        return wrong("no time");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(
            document,
            &schema["items"],
            item,
            &format!("{place}[{index}]"),
        )?;
    }
    if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    {
        for name in schema["required"].as_array().unwrap() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return wrong(&format!("without {name}"));
            }
        }
        for (name, field) in fields {
            match properties.get(name) {
                Some(schema) => check(document, schema, field, &format!("{place}.{name}"))?,
                None => return wrong(&format!("{name} is not described")),
            }
        }
    }
    Ok(())
}

fn words_pass(schema: &Value, value: &Value) -> bool {
    let words = schema["enum"].as_array();
    words.is_none_or(|words| words.contains(value))
}

#[test]
fn checker_refuses_what_is_otherwise() {
    let document = json!({});
    let schema = json!({"type": "object", "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "array", "items": {"enum": ["x"], "type": "string"}}},
                        "required": ["a"], "additionalProperties": false});
    for (value, is_right) in [
        (json!({"a": 1}), true),
        (json!({"a": null, "b": ["x"]}), true),
        (json!({"a": 1.5}), false),
        (json!({"b": []}), false),
        (json!({"a": 1, "c": 1}), false),
        (json!({"a": 1, "b": ["y"]}), false),
        (json!([]), false),
    ] {
        assert_eq!(
            check(&document, &schema, &value, "").is_ok(),
            is_right,
            "{value}"
        );
    }
}

/// Finds the operation of a row and checks an answer by it; whether there was something to check.
fn fits(document: &Value, method: &str, route: &str, answer: &Answer) -> bool {
    let mut wrong = Vec::new();
    let is_checked = judge(document, (method, route), answer, &mut wrong);
    assert_eq!(wrong, [""; 0]);
    is_checked
}

fn judge(
    document: &Value,
    (method, route): (&str, &str),
    answer: &Answer,
    wrong: &mut Vec<String>,
) -> bool {
    let operations = operations(document);
    let call = (method.to_owned(), route.replace("{*", "{"));
    let Some(operation) = operations.get(&call) else {
        return false;
    };
    let place = format!("{method} {route} {}", answer.status);
    let status = answer.status.as_u16().to_string();
    let responses = &operation["responses"];
    let is_problem = answer.header("content-type") == "application/problem+json";
    let response = if is_problem {
        &responses["default"]
    } else {
        &responses[&status]
    };
    if !response.is_object() {
        wrong.push(format!("{place} is not described: {}", answer.body));
        return false;
    }
    let media_type = if is_problem {
        "application/problem+json"
    } else {
        "application/json"
    };
    let schema = &response["content"][media_type]["schema"];
    if !schema.is_object() || schema.as_object().unwrap().is_empty() {
        return false;
    }
    if let Err(why) = check(document, schema, &answer.json(), &place) {
        wrong.push(why);
    }
    if is_problem {
        let told = response["description"].as_str().unwrap();
        let code = answer.problem();
        if !told.contains(&format!("`{code}`")) {
            wrong.push(format!("{place}: {code} is not told"));
        }
    }
    true
}

#[tokio::test]
async fn real_answers_are_as_described() {
    let document = document();
    let (mut checked, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in rows().iter().filter(|row| row.method != "ANY") {
        for who in [
            Who::Owner,
            Who::Administrator,
            Who::Nobody,
            Who::ReadKey,
            Who::Other,
            Who::BadKey,
        ] {
            for kind in row
                .of
                .iter()
                .copied()
                .chain(row.of.is_empty().then_some(domain::item::Kind::Stream))
            {
                let site = World::new().site;
                refused(&site.engine);
                let path = row.path(&site, (kind, domain::item::Visibility::Private));
                let (status, headers, body) = site
                    .send_raw(row.ask_at(&path).with(site.credentials(who)))
                    .await;
                let body = String::from_utf8_lossy(&body).into_owned();
                let answer = Answer {
                    status,
                    headers,
                    body,
                };
                // Refusals of WebRTC and HLS are told in their own documents.
                let is_api = row.is_api() || row.route == "/health";
                if is_api
                    && judge(&document, (row.method, row.route), &answer, &mut wrong)
                    && status.is_success()
                {
                    checked.insert((row.method.to_owned(), row.route.to_owned()));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // All answers in JSON but those that need more than one row says: `brought` below, uploads, and a good stream key.
    let told: BTreeSet<_> = operations(&document)
        .into_iter()
        .filter(|(_, operation)| {
            let responses = operation["responses"].as_object().unwrap();
            responses.iter().any(|(status, response)| {
                status.starts_with('2')
                    && response["content"]["application/json"]["schema"]["$ref"].is_string()
            })
        })
        .map(|(call, _)| call)
        .collect();
    let left: Vec<_> = told
        .difference(&checked)
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert_eq!(
        left,
        [
            "GET /api/stream/validate",
            "GET /api/uploads/{id}",
            "POST /api/images",
            "POST /api/uploads",
            "POST /api/videos",
        ]
    );
}

/// Somebody was refused, so that lists of refusals are not empty.
fn refused(engine: &FakeEngine) {
    engine.refuse(domain::engine::Refusal {
        at: domain::clock::Time::from_ms(0),
        protocol: domain::publish::Protocol::Rtmp,
        address: "192.0.2.9".parse().unwrap(),
        slug: Some("secret".parse().unwrap()),
        reason: "unknown_key",
        message: "no such key".into(),
        fix: "copy it again".into(),
        times: 2,
    });
}

#[tokio::test]
async fn answers_that_need_more_than_a_row_are_as_described() {
    let document = document();
    let site = Site::new();
    let key = site.secret.1.secret.expose();
    let path = format!("/api/stream/validate?path=secret&token={key}");
    let answer = site.get(Who::Nobody, &path).await;
    assert!(fits(&document, "GET", "/api/stream/validate", &answer));
    let begun = Ask::post("/api/uploads")
        .with(site.credentials(Who::Owner))
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "5")
        .header("upload-metadata", "filename YS5tcDQ=");
    let answer = site.send(begun).await;
    let place = answer.header("location").to_owned();
    let id = place.rsplit('/').next().unwrap().to_owned();
    let shown = site.get(Who::Owner, &format!("/api/uploads/{id}")).await;
    assert!(
        fits(&document, "GET", "/api/uploads/{id}", &shown),
        "{answer:?}"
    );
    let listed = site.get(Who::Owner, "/api/uploads").await;
    assert!(fits(&document, "GET", "/api/uploads", &listed));
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\nfilm\r\n--b--\r\n";
    let brought = Ask::post("/api/videos")
        .with(site.credentials(Who::Owner))
        .text("multipart/form-data; boundary=b", form);
    let answer = site.send(brought).await;
    assert!(fits(&document, "POST", "/api/videos", &answer));
}

/// What handlers read, told by themselves when they meet a field that they do not know.
#[tokio::test]
async fn fields_of_bodies_are_those_that_handlers_read() {
    let document = document();
    let mut checked = 0;
    for row in rows().iter().filter(|row| row.is_api() && row.changes()) {
        let operations = operations(&document);
        let call = (row.method.to_owned(), row.route.to_owned());
        let schema = &operations[&call]["requestBody"]["content"]["application/json"];
        let Some(reference) = schema["schema"]["$ref"].as_str() else {
            assert!(
                row.json().len() <= 2 || row.yes >= 400,
                "{call:?} takes JSON that is not described"
            );
            continue;
        };
        let shape = document.pointer(reference.trim_start_matches('#')).unwrap();
        let told: BTreeSet<&str> = shape["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let site = World::new().site;
        let ask = Ask::new(
            row.method.parse::<Method>().unwrap(),
            &row.path(&site, row.target()),
        )
        .with(site.credentials(Who::Owner))
        .json(r#"{"nothing":1}"#);
        let answer = site.send(ask).await.json();
        let detail = answer["detail"].as_str().unwrap();
        let list = detail.split("expected ").nth(1).unwrap();
        let read: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
        assert_eq!(read, told, "{call:?}");
        // And its example can be read.
        let example = schema["example"].clone();
        check(&document, &schema["schema"], &example, row.route).unwrap();
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}

#[tokio::test]
async fn page_shows_every_call_with_a_line_to_copy() {
    let site = Site::new();
    let page = site.get(Who::Nobody, "/api/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let document = document();
    for ((method, path), operation) in operations(&document) {
        let path = path.replace("{piece}", "{*piece}");
        assert!(
            page.body.contains(&format!("<code>{method} {path}</code>")),
            "{method} {path}"
        );
        let id = operation["operationId"].as_str().unwrap();
        assert!(
            page.body
                .contains(&format!("id=\"curl-{id}\" translate=\"no\">curl")),
            "{id}"
        );
    }
    let example = "curl -X POST -H &#34;Authorization: Bearer $KEY&#34; -H &#34;Content-Type: application/json&#34;";
    assert!(page.body.contains(example));
    let served = site.get(Who::Nobody, "/api/openapi.json").await;
    assert_eq!(served.json(), document);
    assert_eq!(served.header("content-type"), "application/json");
}
