//! A form with a file (`multipart/form-data`, RFC 7578), read as it comes: fields whole and short, files in chunks.
//!
//! `multer` reads the format. What it leaves open has its bound here: it takes all that its source has at once, looks for the end of a
//! part's head however long that is, and counts neither parts nor what stands in them.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;

/// Parts that a form may have: four fields and a file are wanted.
pub const PARTS_MAX: usize = 16;
/// Bytes of a field's value.
pub const FIELD_BYTES_MAX: usize = 4 * 1024;
/// Bytes that may come without a part's head, or its data, coming to an end.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Bytes that are handed to the reader at once: it keeps all it is given.
const PIECE_BYTES: usize = 32 * 1024;
/// Characters of a boundary (RFC 2046, 5.1.1).
const BOUNDARY_CHARS_MAX: usize = 70;

type BoxError = Box<dyn StdError + Send + Sync>;

/// What comes next in a form.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// A field, whole.
    Field {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A file begins; [`Form::chunk`] has its bytes.
    File {
        /// The field's name.
        name: String,
        /// What it is called where it came from, as it was sent.
        filename: String,
    },
}

/// A form that cannot be read. The words say what it has to be.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The media type is another, or names no boundary.
    #[error("the body is a form with a file: multipart/form-data with a boundary")]
    NoForm,
    /// Too many parts.
    #[error("a form can have {PARTS_MAX} parts at most")]
    TooManyParts,
    /// The head of a part does not end.
    #[error("the head of a part is too long")]
    HeadTooLong,
    /// A field's value is too long.
    #[error("a field can have {FIELD_BYTES_MAX} bytes at most")]
    FieldTooLong,
    /// A field has no name, or its value is no text.
    #[error("every field has a name, and text in UTF-8")]
    Field,
    /// It is not built as its media type says, or ends too early.
    #[error("the form cannot be read: {0}")]
    Malformed(String),
    /// The body could not be received.
    #[error("the body broke off")]
    Body(#[source] BoxError),
}

/// A form that is being read.
pub struct Form {
    reader: multer::Multipart<'static>,
    file: Option<multer::Field<'static>>,
    pace: Arc<Pace>,
    parts: usize,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("parts", &self.parts).finish()
    }
}

impl Form {
    /// Begins to read a body of this media type.
    ///
    /// # Errors
    /// [`Unreadable::NoForm`].
    pub fn begin<S, E>(media_type: &str, body: S) -> Result<Self, Unreadable>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let boundary = multer::parse_boundary(media_type).map_err(|_| Unreadable::NoForm)?;
        if boundary.is_empty() || boundary.len() > BOUNDARY_CHARS_MAX {
            return Err(Unreadable::NoForm);
        }
        let pace = Arc::new(Pace::default());
        let paced = Paced {
            body: Box::pin(body),
            rest: Bytes::new(),
            rests: false,
            pace: pace.clone(),
        };
        Ok(Self {
            reader: multer::Multipart::new(paced, boundary),
            file: None,
            pace,
            parts: 0,
        })
    }

    /// The next part; what is left of a file before it is passed over. `None` at the end.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub async fn next(&mut self) -> Result<Option<Part>, Unreadable> {
        while self.chunk().await?.is_some() {}
        self.file = None;
        self.pace.refill();
        let Some(mut field) = self.reader.next_field().await? else {
            return Ok(None);
        };
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(Unreadable::TooManyParts);
        }
        let name = field.name().ok_or(Unreadable::Field)?.to_owned();
        if let Some(filename) = field.file_name() {
            let filename = filename.to_owned();
            self.file = Some(field);
            return Ok(Some(Part::File { name, filename }));
        }
        let mut value = Vec::new();
        loop {
            self.pace.refill();
            let Some(chunk) = field.chunk().await? else {
                break;
            };
            if value.len() + chunk.len() > FIELD_BYTES_MAX {
                return Err(Unreadable::FieldTooLong);
            }
            value.extend_from_slice(&chunk);
        }
        let value = String::from_utf8(value).map_err(|_| Unreadable::Field)?;
        Ok(Some(Part::Field { name, value }))
    }

    /// More of the file that was told last; `None` at its end, and where the last part was none.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Unreadable> {
        let Some(field) = &mut self.file else {
            return Ok(None);
        };
        self.pace.refill();
        let chunk = field.chunk().await?;
        if chunk.is_none() {
            self.file = None;
        }
        Ok(chunk)
    }
}

impl From<multer::Error> for Unreadable {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::StreamReadFailed(cause) if cause.is::<NoEnd>() => Self::HeadTooLong,
            multer::Error::StreamReadFailed(cause) => Self::Body(cause),
            other => Self::Malformed(other.to_string()),
        }
    }
}

/// Bytes that the reader may still take before it has to come to something.
struct Pace(AtomicUsize);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicUsize::new(HEAD_BYTES_MAX))
    }
}

impl Pace {
    fn refill(&self) {
        self.0.store(HEAD_BYTES_MAX, Ordering::Relaxed);
    }

    fn spend(&self, bytes: usize) -> Result<(), NoEnd> {
        let left = self.0.load(Ordering::Relaxed);
        let left = left.checked_sub(bytes).ok_or(NoEnd)?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("nothing comes to an end")]
struct NoEnd;

/// The body in pieces, with a rest after each: the reader takes one each time it is asked, however much is there. What it holds is a few
/// pieces for each part that it was asked for.
struct Paced<S> {
    body: Pin<Box<S>>,
    rest: Bytes,
    rests: bool,
    pace: Arc<Pace>,
}

impl<S, E> Stream for Paced<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.rests {
            self.rests = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match self.body.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        if let Err(no_end) = self.pace.spend(length) {
            return Poll::Ready(Some(Err(no_end.into())));
        }
        self.rests = true;
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use testkit::block_on;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    /// The form of these bytes, which come in pieces of so many.
    fn form(bytes: &[u8], piece: usize) -> Form {
        let pieces: Vec<Result<Bytes, Infallible>> = bytes
            .chunks(piece)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Form::begin(TYPE, stream::iter(pieces)).unwrap()
    }

    fn body(file: &[u8]) -> Vec<u8> {
        let mut body = b"--XX\r\nContent-Disposition: form-data; name=\"slug\"\r\n\r\nlesson\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.mp4\"\r\nContent-Type: video/mp4\r\n\r\n".to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(
            b"\r\n--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n\xc3\x9c\r\n--XX--\r\n",
        );
        body
    }

    #[test]
    fn fields_and_files_come_in_their_order_however_they_are_cut() {
        let file: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        for piece in [1_000_000, 70_000, 1_000, 7] {
            let mut form = form(&body(&file), piece);
            block_on(async {
                let slug = form.next().await.unwrap().unwrap();
                let (name, value) = ("slug".into(), "lesson".into());
                assert_eq!(slug, Part::Field { name, value });
                let told = form.next().await.unwrap().unwrap();
                let (name, filename) = ("file".into(), "a b.mp4".into());
                assert_eq!(told, Part::File { name, filename });
                let mut got = Vec::new();
                while let Some(chunk) = form.chunk().await.unwrap() {
                    assert!(chunk.len() <= 8 * PIECE_BYTES, "{}", chunk.len());
                    got.extend_from_slice(&chunk);
                }
                assert!(got == file, "{piece}");
                let title = form.next().await.unwrap().unwrap();
                let (name, value) = ("title".into(), "Ü".into());
                assert_eq!(title, Part::Field { name, value });
                assert_eq!(form.next().await.unwrap(), None);
            });
        }
    }

    #[test]
    fn file_that_nobody_reads_is_passed_over() {
        let mut form = form(&body(&vec![0; 500_000]), 10_000);
        block_on(async {
            let mut names = Vec::new();
            while let Some(part) = form.next().await.unwrap() {
                names.push(match part {
                    Part::Field { name, .. } | Part::File { name, .. } => name,
                });
            }
            assert_eq!(names, ["slug", "file", "title"]);
        });
    }

    fn refusal(bytes: &[u8]) -> Unreadable {
        let mut form = form(bytes, 9_000);
        block_on(async {
            loop {
                match form.next().await {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("a form"),
                    Err(unreadable) => return unreadable,
                }
            }
        })
    }

    /// Abuse case A9.
    #[test]
    fn forms_that_are_a_burden_are_refused() {
        let field = b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
        let many = refusal(&field.repeat(100_000));
        assert!(matches!(many, Unreadable::TooManyParts), "{many:?}");
        let no_end = refusal(&field.repeat(3));
        assert!(matches!(no_end, Unreadable::Malformed(_)), "{no_end:?}");
        let head = [&b"--XX\r\nX: "[..], &vec![b'a'; 1 << 20], b"\r\n\r\n"].concat();
        let head = refusal(&head);
        assert!(matches!(head, Unreadable::HeadTooLong), "{head:?}");
        let before = refusal(&vec![b'a'; 1 << 20]);
        let refused = matches!(before, Unreadable::HeadTooLong | Unreadable::Malformed(_));
        assert!(refused, "{before:?}");
        let long = [
            &b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"[..],
            &vec![b'a'; 1 << 20],
            b"\r\n--XX--\r\n",
        ];
        let long = refusal(&long.concat());
        assert!(matches!(long, Unreadable::FieldTooLong), "{long:?}");
        let nameless = refusal(b"--XX\r\nContent-Disposition: form-data\r\n\r\nb\r\n--XX--\r\n");
        assert!(matches!(nameless, Unreadable::Field), "{nameless:?}");
    }

    #[test]
    fn other_media_types_are_no_forms() {
        let long = format!("multipart/form-data; boundary={}", "a".repeat(71));
        for media_type in ["", "text/plain", "multipart/form-data", long.as_str()] {
            let body = stream::iter([Ok::<_, Infallible>(Bytes::new())]);
            let refused = Form::begin(media_type, body).unwrap_err();
            assert!(matches!(refused, Unreadable::NoForm), "{media_type}");
        }
    }
}
