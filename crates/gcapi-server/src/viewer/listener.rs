//! A server of the viewer alone.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use gcapi_archive::ArchiveFolder;
use url::Url;

use super::handler::viewer;
use super::state::ViewerState;
use crate::Error;
use crate::running::{GRACE, Listening, ended, joined};

/// What a viewer is started with.
#[derive(Clone, Debug)]
pub struct ViewerConfig {
    /// The downloaded archive.
    pub folder: ArchiveFolder,
    /// Where it listens, on loopback. Port 0 lets the system choose.
    pub listen: SocketAddr,
}

impl ViewerConfig {
    /// A viewer on a loopback port the system chooses.
    #[must_use]
    pub fn new(folder: ArchiveFolder) -> Self {
        Self {
            folder,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        }
    }
}

/// A viewer that listens. Dropping it stops it at once.
pub struct RunningViewer {
    state: ViewerState,
    url: Url,
    listening: Listening,
}

/// Starts a viewer, over HTTP without TLS: what is sent stays on this machine (or in the
/// SSH tunnel that leads to it), and browsers refuse, or warn of, a certificate made for it.
///
/// # Errors
/// [`Error::NotLoopback`] and [`Error::Listen`] for the address; [`Error::Archive`] and
/// [`Error::NothingListed`] for the folder.
pub async fn start_viewer(config: ViewerConfig) -> Result<RunningViewer, Error> {
    let address = config.listen;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let state = ViewerState::new(config.folder, address.port(), None, false);
    let checked = state.clone();
    tokio::task::spawn_blocking(move || checked.check())
        .await
        .map_err(|error| Error::Stopped(error.into()))??;
    let url = Url::parse(&format!("http://{address}/view/"))
        .map_err(|_| Error::HostName(address.to_string()))?;
    let router = Router::new()
        .route("/", get(async || Redirect::permanent("/view/")))
        .merge(viewer(state.clone()));
    let handle = Handle::new();
    let server = axum_server::from_tcp(listener)
        .map_err(Error::Stopped)?
        .acceptor(NoDelayAcceptor::new())
        .handle(handle.clone());
    Ok(RunningViewer {
        state,
        url,
        listening: Listening {
            address,
            handle,
            task: tokio::spawn(server.serve(router.into_make_service())),
        },
    })
}

impl RunningViewer {
    /// The URL of the page, without the token.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The URL that opens the viewer in one browser; `None` once it was used.
    #[must_use]
    pub fn opening_url(&self) -> Option<Url> {
        self.state
            .token()
            .map(|token| with_token(&self.url, &token))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Waits until the listener stops, which it does not do by itself. Can be left and
    /// called again.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what the system said.
    pub async fn wait(&mut self) -> Result<(), Error> {
        joined((&mut self.listening.task).await)
    }

    /// Takes no more connections, gives answers under way some seconds and ends.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the listener had failed before.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        self.listening.handle.graceful_shutdown(Some(GRACE));
        ended(&mut self.listening.task).await
    }
}

impl fmt::Debug for RunningViewer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RunningViewer")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

/// The URL that opens the viewer.
pub(crate) fn with_token(url: &Url, token: &crate::ServerToken) -> Url {
    let mut url = url.clone();
    url.set_query(Some(&format!("token={}", token.expose())));
    url
}
