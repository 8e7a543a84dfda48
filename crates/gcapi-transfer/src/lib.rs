//! From the platform into an archive on disk: list, plan, fetch, publish, record
