//! nginx as the object store: files over TLS, as fast as this machine sends.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::tls::Tls;

/// A running nginx; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    configuration: PathBuf,
    status: u16,
    asked: u64,
    /// `https://localhost:<port>`
    pub(crate) origin: String,
}

impl Nginx {
    /// Serves a folder; `rate` caps every connection, as nginx writes it
    /// (`20m`; `0` for no cap).
    pub(crate) fn start(folder: &Path, root: &Path, rate: &str, tls: &Tls) -> Result<Self, String> {
        let failed = |error| format!("failed to start nginx: {error}");
        let folder = folder.join("nginx");
        fs::create_dir_all(&folder).map_err(failed)?;
        let (port, status) = free_ports().map_err(failed)?;
        let configuration = folder.join("nginx.conf");
        let text = configured(&folder, root, rate, tls, port, status);
        fs::write(&configuration, text).map_err(failed)?;
        let child = Command::new(program())
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut nginx = Self {
            child,
            configuration,
            status,
            asked: 0,
            origin: format!("https://localhost:{port}"),
        };
        for _ in 0..100 {
            if nginx.requests().is_ok() {
                return Ok(nginx);
            }
            sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        Err(format!("nginx does not answer: {log}"))
    }

    /// Requests since it was asked last.
    pub(crate) fn requests(&mut self) -> Result<u64, String> {
        let total = self
            .total()
            .map_err(|error| format!("nginx does not say what it did: {error}"))?;
        let since = total.saturating_sub(self.asked);
        self.asked = total;
        // Without the request of this question.
        Ok(since.saturating_sub(1))
    }

    fn total(&self) -> std::io::Result<u64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.status))?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        // " accepts handled requests" stand above their numbers.
        let mut lines = text.lines().skip_while(|line| !line.contains("requests"));
        lines
            .nth(1)
            .and_then(|line| line.split_whitespace().nth(2)?.parse().ok())
            .ok_or_else(|| std::io::Error::other("no number of requests"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A killed master would leave its workers behind.
        let stopped = Command::new(program())
            .arg("-c")
            .arg(&self.configuration)
            .args(["-s", "stop"])
            .stderr(Stdio::null())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Debian puts it where only root looks.
fn program() -> &'static str {
    if Path::new("/usr/sbin/nginx").exists() {
        "/usr/sbin/nginx"
    } else {
        "nginx"
    }
}

fn free_ports() -> std::io::Result<(u16, u16)> {
    let (one, other) = (
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    );
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

fn configured(folder: &Path, root: &Path, rate: &str, tls: &Tls, port: u16, status: u16) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
user root;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 1000000;
    output_buffers 2 512k;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {};
        ssl_certificate_key {};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:all:10m;
        limit_rate {rate};
        root {};
        location / {{ autoindex on; }}
    }}
    server {{
        listen 127.0.0.1:{status};
        location / {{ stub_status; }}
    }}
}}
",
        tls.certificate.display(),
        tls.key.display(),
        root.display(),
    )
}
