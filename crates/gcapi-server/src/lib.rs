//! An archive on disk, served over TLS as the platform serves it
