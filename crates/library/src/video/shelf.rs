//! stub
pub struct Shelf;
