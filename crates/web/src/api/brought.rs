//! `POST /api/videos` and `POST /api/images`: a file with its title and address as one form, streamed to disk. What breaks off leaves nothing;
//! whoever wants to go on where a line broke uses `/api/uploads`.

use axum::{
    Json as Answer,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::caller::Caller;
use library::upload::{
    Kind, Receiving, Wanted,
    form::{Form, Part, Unreadable},
    tus,
};
use serde_json::json;

use super::{
    fields::private,
    uploads::{Bringer, bringer, cut_problem, hand_over, not_taken, refusal, unreadable, unwanted},
};
use crate::{
    App,
    error::Problem,
    extract::{Arriving, Cut, Known},
    intake::Item,
};

/// The field with the file.
const FILE: &str = "file";
/// What is read of a form that was refused, so that its sender hears the answer and not a reset.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
/// Longest time for that.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(10);

/// `POST /api/videos`.
pub(crate) async fn video(
    State(app): State<App>,
    Known(caller): Known,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    answer(&app, &caller, Kind::Video, &headers, body).await
}

/// `POST /api/images`.
pub(crate) async fn image(
    State(app): State<App>,
    Known(caller): Known,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    answer(&app, &caller, Kind::Image, &headers, body).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    kind: Kind,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let item = take_in(app, caller, Some(kind), headers, body).await?;
    let owner = app.name_of(item.owner);
    let value = json!({
        "slug": item.slug.as_str(),
        "title": item.title,
        "visibility": item.visibility.word(),
        "owner": owner,
        "status": item.standing.word(),
        "reason": item.standing.reason(),
        "url": item.url,
    });
    let mut response = private((StatusCode::CREATED, Answer(value)).into_response());
    if let Ok(url) = HeaderValue::from_str(&item.url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    Ok(response)
}

/// Makes an item of the file in a form.
pub(crate) async fn take_in(
    app: &App,
    caller: &Caller,
    kind: Option<Kind>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Item, Problem> {
    let Bringer { uploading, owner } = bringer(app, caller)?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let stream = Arriving::new(body).into_stream();
    let mut form = Form::begin(media_type, stream).map_err(bad_form)?;
    // The file is shorter than the form around it.
    let most = text(header::CONTENT_LENGTH).and_then(|length| tus::number(length.as_bytes()).ok());
    let wanted = Wanted {
        kind,
        ..Wanted::default()
    };
    let mut taking = Taking {
        app,
        caller,
        wanted,
        receiving: None,
        begin: || uploading.uploads.receive(owner, most),
    };
    let read = taking.read(&mut form).await;
    let Taking {
        wanted, receiving, ..
    } = taking;
    let receiving = match (read, receiving) {
        (Ok(()), Some(receiving)) => receiving,
        (Ok(()), None) => return Err(unreadable("The form has no field `file` with a file.")),
        (Err(problem), _) => {
            if problem.status != StatusCode::REQUEST_TIMEOUT {
                drain(form).await;
            }
            return Err(problem);
        }
    };
    // Fields may stand behind the file.
    let checked = uploading.intake.check(caller, &wanted);
    checked.map_err(|refused| not_taken(app, &refused))?;
    let whole = receiving.seal(wanted).await;
    let whole = whole.map_err(|refused| refusal(app, refused))?;
    let uploads = uploading.uploads.clone();
    let id = whole.id;
    // To its end, also where the caller does not wait for it.
    let made = tokio::spawn(hand_over(app.clone(), caller.clone(), whole)).await;
    let made = made.map_err(|error| Problem::internal(&error))?;
    made.map_err(|refused| {
        let problem = not_taken(app, &refused);
        // It came in one request: there is nothing to try again with.
        tokio::spawn(async move { uploads.discard(id).await });
        problem
    })
}

struct Taking<'a, F> {
    app: &'a App,
    caller: &'a Caller,
    wanted: Wanted,
    receiving: Option<Receiving>,
    begin: F,
}

impl<F, R> Taking<'_, F>
where
    F: Fn() -> R,
    R: Future<Output = Result<Receiving, library::upload::Refused>>,
{
    async fn read(&mut self, form: &mut Form) -> Result<(), Problem> {
        while let Some(part) = form.next().await.map_err(bad_form)? {
            match part {
                Part::Field { name, .. } if name == "kind" => {}
                Part::Field { name, value } => {
                    self.wanted.take(&name, &value).map_err(unwanted)?;
                }
                Part::File { name, filename } if name == FILE => {
                    if self.receiving.is_some() {
                        return Err(unreadable("One file at a time."));
                    }
                    self.wanted.take("filename", &filename).map_err(unwanted)?;
                    self.file(form).await?;
                }
                // Passed over.
                Part::File { .. } => {}
            }
        }
        Ok(())
    }

    async fn file(&mut self, form: &mut Form) -> Result<(), Problem> {
        let uploading = self.app.uploading().ok_or_else(Problem::not_found)?;
        let checked = uploading.intake.check(self.caller, &self.wanted);
        checked.map_err(|refused| not_taken(self.app, &refused))?;
        let refused = |refused| refusal(self.app, refused);
        let mut receiving = (self.begin)().await.map_err(refused)?;
        while let Some(bytes) = form.chunk().await.map_err(bad_form)? {
            receiving.push(bytes).await.map_err(refused)?;
        }
        self.receiving = Some(receiving);
        Ok(())
    }
}

/// Reads on for a while after a refusal.
async fn drain(mut form: Form) {
    let mut left = DRAIN_BYTES;
    let _ = tokio::time::timeout(DRAIN, async {
        loop {
            while let Ok(Some(bytes)) = form.chunk().await {
                match left.checked_sub(bytes.len()) {
                    Some(less) => left = less,
                    None => return,
                }
            }
            if !matches!(form.next().await, Ok(Some(_))) {
                return;
            }
        }
    })
    .await;
}

pub(crate) fn bad_form(why: Unreadable) -> Problem {
    let detail = format!("{}.", capital(&why.to_string()));
    match &why {
        Unreadable::NoForm => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        ),
        Unreadable::TooManyParts | Unreadable::HeadTooLong | Unreadable::FieldTooLong => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
        }
        Unreadable::Field | Unreadable::Malformed(_) => unreadable(detail),
        Unreadable::Body(cause) => match cause.downcast_ref::<Cut>() {
            Some(Cut::TooSlow) => {
                let detail = "The bytes came too slowly.";
                Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
            }
            _ => cut_problem(Cut::Broken),
        },
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
