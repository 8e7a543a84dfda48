//! The groups of the API this client knows by name.

use serde_json::Value;

use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::models::{Archive, ArchiveItem, Image, Socket};

/// A group of the API, with its path below the base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointGroup {
    /// Archives.
    Archives,
    /// Items of archives.
    ArchiveItems,
    /// Images.
    Images,
    /// Sockets, which the API calls component interfaces.
    Sockets,
    /// Reader studies.
    ReaderStudies,
    /// Questions of reader studies.
    ReaderStudyQuestions,
    /// Answers to questions of reader studies.
    ReaderStudyAnswers,
    /// Display sets of reader studies.
    ReaderStudyDisplaySets,
    /// Algorithms.
    Algorithms,
    /// Container images of algorithms.
    AlgorithmImages,
    /// Jobs of algorithms.
    AlgorithmJobs,
    /// Endpoints of algorithms.
    AlgorithmEndpoints,
    /// Invocations of algorithm endpoints.
    AlgorithmInvocations,
    /// Uploads of the account itself.
    Uploads,
    /// Sessions of the viewer.
    WorkstationSessions,
    /// Configurations of the viewer.
    WorkstationConfigs,
    /// Upload sessions of raw images.
    RawImageUploadSessions,
}

impl EndpointGroup {
    /// Every group.
    pub const ALL: &'static [Self] = &[
        Self::Archives,
        Self::ArchiveItems,
        Self::Images,
        Self::Sockets,
        Self::ReaderStudies,
        Self::ReaderStudyQuestions,
        Self::ReaderStudyAnswers,
        Self::ReaderStudyDisplaySets,
        Self::Algorithms,
        Self::AlgorithmImages,
        Self::AlgorithmJobs,
        Self::AlgorithmEndpoints,
        Self::AlgorithmInvocations,
        Self::Uploads,
        Self::WorkstationSessions,
        Self::WorkstationConfigs,
        Self::RawImageUploadSessions,
    ];

    /// The path below the base URL.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Archives => "archives/",
            Self::ArchiveItems => "archives/items/",
            Self::Images => "cases/images/",
            Self::Sockets => "components/interfaces/",
            Self::ReaderStudies => "reader-studies/",
            Self::ReaderStudyQuestions => "reader-studies/questions/",
            Self::ReaderStudyAnswers => "reader-studies/answers/",
            Self::ReaderStudyDisplaySets => "reader-studies/display-sets/",
            Self::Algorithms => "algorithms/",
            Self::AlgorithmImages => "algorithms/images/",
            Self::AlgorithmJobs => "algorithms/jobs/",
            Self::AlgorithmEndpoints => "algorithms/endpoints/",
            Self::AlgorithmInvocations => "algorithms/invocations/",
            Self::Uploads => "uploads/",
            Self::WorkstationSessions => "workstations/sessions/",
            Self::WorkstationConfigs => "workstations/configs/",
            Self::RawImageUploadSessions => "cases/upload-sessions/",
        }
    }
}

impl Client {
    /// A named group, untyped.
    #[must_use]
    pub fn group(&self, group: EndpointGroup) -> Endpoint<Value> {
        self.endpoint(group.path())
    }

    /// Archives: `archives/`.
    #[must_use]
    pub fn archives(&self) -> Endpoint<Archive> {
        self.endpoint(EndpointGroup::Archives.path())
    }

    /// Items of archives: `archives/items/`.
    #[must_use]
    pub fn archive_items(&self) -> Endpoint<ArchiveItem> {
        self.endpoint(EndpointGroup::ArchiveItems.path())
    }

    /// Images: `cases/images/`.
    #[must_use]
    pub fn images(&self) -> Endpoint<Image> {
        self.endpoint(EndpointGroup::Images.path())
    }

    /// Sockets (component interfaces); needs a login: `components/interfaces/`.
    #[must_use]
    pub fn sockets(&self) -> Endpoint<Socket> {
        self.endpoint(EndpointGroup::Sockets.path())
    }

    /// Reader studies: `reader-studies/`.
    #[must_use]
    pub fn reader_studies(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::ReaderStudies)
    }

    /// Questions of reader studies: `reader-studies/questions/`.
    #[must_use]
    pub fn reader_study_questions(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::ReaderStudyQuestions)
    }

    /// Answers of reader studies: `reader-studies/answers/`.
    #[must_use]
    pub fn reader_study_answers(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::ReaderStudyAnswers)
    }

    /// Display sets of reader studies: `reader-studies/display-sets/`.
    #[must_use]
    pub fn reader_study_display_sets(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::ReaderStudyDisplaySets)
    }

    /// Algorithms: `algorithms/`.
    #[must_use]
    pub fn algorithms(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::Algorithms)
    }

    /// Container images of algorithms: `algorithms/images/`.
    #[must_use]
    pub fn algorithm_images(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::AlgorithmImages)
    }

    /// Jobs of algorithms: `algorithms/jobs/`.
    #[must_use]
    pub fn algorithm_jobs(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::AlgorithmJobs)
    }

    /// Endpoints of algorithms: `algorithms/endpoints/`.
    #[must_use]
    pub fn algorithm_endpoints(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::AlgorithmEndpoints)
    }

    /// Invocations of algorithm endpoints: `algorithms/invocations/`.
    #[must_use]
    pub fn algorithm_invocations(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::AlgorithmInvocations)
    }

    /// Uploads of the account: `uploads/`.
    #[must_use]
    pub fn uploads(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::Uploads)
    }

    /// Sessions of the viewer: `workstations/sessions/`.
    #[must_use]
    pub fn workstation_sessions(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::WorkstationSessions)
    }

    /// Configurations of the viewer: `workstations/configs/`.
    #[must_use]
    pub fn workstation_configs(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::WorkstationConfigs)
    }

    /// Upload sessions of raw images: `cases/upload-sessions/`.
    #[must_use]
    pub fn raw_image_upload_sessions(&self) -> Endpoint<Value> {
        self.group(EndpointGroup::RawImageUploadSessions)
    }
}
