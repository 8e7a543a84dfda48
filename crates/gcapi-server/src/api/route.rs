//! Which endpoint a path is of.

/// The endpoints below `/api/v1/`, with primary keys as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Root,
    Version,
    Archives,
    Archive(&'a str),
    Items,
    Item(&'a str),
    Images,
    Image(&'a str),
    DicomInstances(&'a str),
    Sockets,
    Socket(&'a str),
}

impl<'a> Route<'a> {
    /// Reads a path; those of the platform end in a slash.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        Self::parse_open(path.strip_suffix('/')?)
    }

    /// Reads a path that should have ended in a slash.
    pub(crate) fn parse_open(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix("/api/v1")?.split('/').skip(1).collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        match *segments.as_slice() {
            [] if path == "/api/v1" => Some(Self::Root),
            ["gcapi"] => Some(Self::Version),
            ["archives"] => Some(Self::Archives),
            ["archives", "items"] => Some(Self::Items),
            ["archives", "items", pk] => Some(Self::Item(pk)),
            ["archives", pk] => Some(Self::Archive(pk)),
            ["cases", "images"] => Some(Self::Images),
            ["cases", "images", pk] => Some(Self::Image(pk)),
            ["cases", "images", pk, "dicom", "instances"] => Some(Self::DicomInstances(pk)),
            ["components", "interfaces"] => Some(Self::Sockets),
            ["components", "interfaces", pk] => Some(Self::Socket(pk)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        for (path, route) in [
            ("/api/v1/", Some(Route::Root)),
            ("/api/v1/archives/items/", Some(Route::Items)),
            ("/api/v1/archives/x/", Some(Route::Archive("x"))),
            (
                "/api/v1/cases/images/x/dicom/instances/",
                Some(Route::DicomInstances("x")),
            ),
            ("/api/v1/archives/items", None),
            ("/api/v1//archives/", None),
            ("/api/v1x/", None),
            ("/api/v1/nope/", None),
            ("/", None),
        ] {
            assert_eq!(Route::parse(path), route, "{path}");
        }
        assert_eq!(
            Route::parse_open("/api/v1/archives/x"),
            Some(Route::Archive("x"))
        );
    }
}
