//! The conformance rules of low-latency HLS as pure code: observations of a running server in, findings out.
