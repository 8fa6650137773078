//! Reads HLS playlists into plain structs, for tests and for the conformance rules.
