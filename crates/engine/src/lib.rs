//! The embedded engine: hub, RTMP ingest, HLS egress and delivery
