//! The demo archive: phantoms in the formats of Grand Challenge, made deterministically
