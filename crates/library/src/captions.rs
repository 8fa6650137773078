//! Captions: WebVTT as it came, checked and kept as text.
