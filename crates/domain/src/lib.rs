//! Catalogue, users, logins, grants and the rules of who may do what; the ports
