//! Fixed clock, seeded randomness, builders and contract suites for tests
