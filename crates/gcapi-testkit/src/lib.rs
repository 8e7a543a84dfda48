//! A misbehaving platform and comparison of trees, for the tests only
