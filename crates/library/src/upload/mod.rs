//! Uploads: bytes that arrive in one request or in many (tus 1.0), and are on disk before they are acknowledged.
