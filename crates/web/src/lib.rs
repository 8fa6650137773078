//! Pages, API and playback over HTTP
