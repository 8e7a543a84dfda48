//! Starts the two listeners and stops them.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::task::JoinHandle;
use url::Url;

use crate::certificate::Identity;
use crate::viewer::{ViewerState, viewer, with_token};
use crate::{Error, ServerConfig, ServerState, api, store};

/// How long answers under way may take once the server is told to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// A server that listens. Dropping it stops it at once.
pub struct RunningServer {
    base_url: Url,
    store_origin: Url,
    viewer: ViewerState,
    identity: Identity,
    api: Listening,
    store: Listening,
}

/// Starts a server.
///
/// # Errors
/// [`Error::Archive`] and [`Error::NothingListed`] for the folder,
/// [`Error::Listen`] for the addresses, and those of the certificate.
pub async fn start(config: ServerConfig) -> Result<RunningServer, Error> {
    start_with(config, |api| api, |store| store).await
}

/// Starts a server whose routers the caller has wrapped, for example to count
/// requests or to misbehave.
///
/// # Errors
/// As for [`start`].
pub async fn start_with(
    config: ServerConfig,
    wrap_api: impl FnOnce(Router) -> Router,
    wrap_store: impl FnOnce(Router) -> Router,
) -> Result<RunningServer, Error> {
    // Bound before anything else: the ports stand in every URL.
    let (api_listener, api_origin) = bind(&config, config.listen)?;
    let (store_listener, store_origin) = bind(&config, config.store_listen)?;
    let hosts: Vec<String> = [&api_origin, &store_origin]
        .into_iter()
        .filter_map(|origin| origin.host_str().map(str::to_owned))
        .collect();
    let viewer_state = ViewerState::new(
        config.folder.clone(),
        api_origin.port_or_known_default().unwrap_or_default(),
        api_origin.host().map(|host| host.to_owned()),
        true,
    );
    let setting_up = tokio::task::spawn_blocking(move || {
        let identity = Identity::obtain(&config.certificate, &hosts)?;
        let state = ServerState::new(
            config.folder,
            config.token,
            config.signature_lifetime,
            origin_text(&api_origin),
            origin_text(&store_origin),
        )?;
        Ok::<_, Error>((identity, state, api_origin, store_origin))
    });
    let (identity, state, api_origin, store_origin) = setting_up
        .await
        .map_err(|error| Error::Stopped(error.into()))??;
    let base_url = api_origin
        .join("api/v1/")
        .map_err(|_| Error::HostName(api_origin.to_string()))?;
    let running = RunningServer {
        base_url,
        store_origin,
        viewer: viewer_state.clone(),
        api: listen(
            api_listener,
            identity.tls(&[b"h2", b"http/1.1"])?,
            wrap_api(api(state.clone()).merge(viewer(viewer_state))),
        )?,
        // Parts of files come side by side: over one HTTP/2 connection they
        // would share one window and one TLS stream.
        store: listen(
            store_listener,
            identity.tls(&[b"http/1.1"])?,
            wrap_store(store(state)),
        )?,
        identity,
    };
    tracing::debug!(api = %running.base_url, store = %running.store_origin, "listening");
    Ok(running)
}

impl RunningServer {
    /// The base URL for clients: `https://host:port/api/v1/`.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The URL that opens the viewer in one browser; `None` once it was used.
    #[must_use]
    pub fn viewer_url(&self) -> Option<Url> {
        let url = self.base_url.join("/view/").ok()?;
        self.viewer.token().map(|token| with_token(&url, &token))
    }

    /// The second origin, which redirects of media URLs lead to.
    #[must_use]
    pub fn store_origin(&self) -> &Url {
        &self.store_origin
    }

    /// Where the API listens.
    #[must_use]
    pub fn api_address(&self) -> SocketAddr {
        self.api.address
    }

    /// Where the store listens.
    #[must_use]
    pub fn store_address(&self) -> SocketAddr {
        self.store.address
    }

    /// The CA certificate clients have to trust; `None` if the certificate
    /// came from files.
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&Path> {
        self.identity.ca.as_deref()
    }

    /// Waits until a listener stops, which it does not do by itself. Can be
    /// left and called again.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what the system said.
    pub async fn wait(&mut self) -> Result<(), Error> {
        tokio::select! {
            ended = &mut self.api.task => joined(ended),
            ended = &mut self.store.task => joined(ended),
        }
    }

    /// Takes no more connections, gives answers under way some seconds and
    /// ends.
    ///
    /// # Errors
    /// [`Error::Stopped`] if a listener had failed before.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        self.api.handle.graceful_shutdown(Some(GRACE));
        self.store.handle.graceful_shutdown(Some(GRACE));
        let (api, store) = tokio::join!(ended(&mut self.api.task), ended(&mut self.store.task));
        api.and(store)
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RunningServer")
            .field("base_url", &self.base_url.as_str())
            .field("store_origin", &self.store_origin.as_str())
            .finish_non_exhaustive()
    }
}

/// One listener at work.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle<SocketAddr>,
    pub(crate) task: JoinHandle<io::Result<()>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

fn bind(config: &ServerConfig, address: SocketAddr) -> Result<(TcpListener, Url), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let host = config.host(bound.ip());
    let origin = Url::parse(&format!("https://{host}:{}/", bound.port()))
        .map_err(|_| Error::HostName(host.clone()))?;
    // A host name with a slash or an at sign in it reads as something else.
    if origin.path() != "/"
        || !origin.username().is_empty()
        || origin.port_or_known_default() != Some(bound.port())
    {
        return Err(Error::HostName(host));
    }
    Ok((listener, origin))
}

fn origin_text(origin: &Url) -> String {
    origin.as_str().trim_end_matches('/').to_owned()
}

fn listen(
    listener: TcpListener,
    tls: rustls::ServerConfig,
    router: Router,
) -> Result<Listening, Error> {
    let address = listener.local_addr().map_err(Error::Stopped)?;
    let handle = Handle::new();
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(Arc::new(tls)))
        .acceptor(NoDelayAcceptor::new());
    let server = axum_server::from_tcp(listener)
        .map_err(Error::Stopped)?
        .acceptor(acceptor)
        .handle(handle.clone());
    let task = tokio::spawn(server.serve(router.into_make_service()));
    Ok(Listening {
        address,
        handle,
        task,
    })
}

/// Waits for a task that [`RunningServer::wait`] may have seen end already.
pub(crate) async fn ended(task: &mut JoinHandle<io::Result<()>>) -> Result<(), Error> {
    if task.is_finished() {
        return Ok(());
    }
    joined(task.await)
}

/// The end of a listener's task.
pub(crate) fn joined(ended: Result<io::Result<()>, tokio::task::JoinError>) -> Result<(), Error> {
    match ended {
        Ok(result) => result.map_err(Error::Stopped),
        Err(error) => Err(Error::Stopped(error.into())),
    }
}
