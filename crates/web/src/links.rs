//! Addresses that are handed to people: of items, with what they need to get in.

use domain::item::{Kind, Name};

/// What a link to an item brings along.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct With<'a> {
    /// An access code, whose characters need no escape in an address.
    pub(crate) code: Option<&'a str>,
    /// Where a video begins, in seconds.
    pub(crate) start_s: Option<u32>,
}

impl With<'_> {
    /// From `?` on, or nothing.
    fn query(self) -> String {
        let start = self.start_s.map(|start| format!("t={start}"));
        let code = self.code.map(|code| format!("access_code={code}"));
        let parts: Vec<String> = start.into_iter().chain(code).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }
}

/// The path of an item's own page, or of the image that it is.
pub(crate) fn path(name: &Name, with: With<'_>) -> String {
    let page = match name.kind {
        Kind::Stream | Kind::Video => "watch",
        Kind::Image => "images",
    };
    format!("/{page}/{}{}", name.slug, with.query())
}

/// The same as a whole address.
pub(crate) fn page(origin: &str, name: &Name, with: With<'_>) -> String {
    format!("{origin}{}", path(name, with))
}

/// What shows an item on another site's page: a frame as wide as its place there, or the image.
pub(crate) fn embed(origin: &str, name: &Name, title: &str, with: With<'_>) -> String {
    let title = attribute(title);
    match name.kind {
        Kind::Image => {
            let src = attribute(&page(origin, name, with));
            format!("<img src=\"{src}\" alt=\"{title}\" style=\"max-width:100%;height:auto\">")
        }
        Kind::Stream | Kind::Video => {
            let src = attribute(&format!("{origin}/embed/{}{}", name.slug, with.query()));
            format!(
                "<iframe src=\"{src}\" title=\"{title}\" allow=\"autoplay; fullscreen; picture-in-picture\" allowfullscreen \
                 loading=\"lazy\" referrerpolicy=\"strict-origin-when-cross-origin\" style=\"aspect-ratio:16/9;width:100%;border:0\"></iframe>"
            )
        }
    }
}

/// Text as the value of an attribute in double quotes.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://media.example.org";

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn links_bring_code_and_start() {
        let with = With {
            code: Some("spring-course-7Q4M"),
            start_s: Some(90),
        };
        let none = With::default();
        for (item, with, expected) in [
            ("stream:live", none, "https://media.example.org/watch/live"),
            (
                "video:welcome",
                with,
                "https://media.example.org/watch/welcome?t=90&access_code=spring-course-7Q4M",
            ),
            ("image:logo", none, "https://media.example.org/images/logo"),
        ] {
            assert_eq!(page(ORIGIN, &name(item), with), expected);
        }
    }

    #[test]
    fn title_cannot_leave_its_attribute() {
        let title = "\"><script>alert('1')</script> & more";
        let with = With {
            code: Some("spring-course-7Q4M"),
            start_s: Some(5),
        };
        for item in ["video:welcome", "image:logo"] {
            let code = embed(ORIGIN, &name(item), title, with);
            assert!(!code.contains("<script"), "{code}");
            assert!(code.contains("&quot;&gt;&lt;script&gt;"), "{code}");
            assert!(code.contains("?t=5&amp;access_code=spring"), "{code}");
            assert_eq!(
                code.matches('<').count(),
                code.matches('>').count(),
                "{code}"
            );
        }
    }
}
