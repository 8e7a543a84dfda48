//! Several programs on one work, in turns.

use std::path::PathBuf;

use super::nginx::Nginx;
use super::peers::{Peer, Setting};
use super::report::{Row, Section, Table};
use super::server::Server;
use super::work::Work;
use super::{Bench, Measured, check, disk, urls};

/// Runs a work.
pub(crate) fn run(bench: &Bench, work: &Work) -> Result<Section, String> {
    // The data, one download and what settles the disk.
    disk::has_room(&bench.folder, 3 * work.bytes)?;
    let mut contest = Contest::start(bench, work)?;
    let mut all: Vec<(Peer, Vec<Measured>, Option<String>)> = work
        .peers
        .iter()
        .map(|peer| (*peer, Vec::new(), None))
        .collect();
    // In turns, so that what else goes on meets everybody.
    for _ in 0..bench.runs {
        for (peer, runs, failure) in &mut all {
            if failure.is_some() {
                continue;
            }
            match contest.once(*peer)? {
                Ok(measured) => {
                    println!("{}: {measured}", peer.name());
                    runs.push(measured);
                }
                Err(message) => {
                    println!("{}: {message}", peer.name());
                    *failure = Some(message);
                }
            }
        }
    }
    let rows: Vec<Row> = all
        .into_iter()
        .map(|(peer, runs, failure)| Row {
            program: peer.name(),
            measured: failure.map_or_else(|| Ok(Measured::median(&runs)), Err),
        })
        .collect();
    Ok(Section {
        id: work.id,
        title: work.title.to_owned(),
        notes: work.notes.to_owned(),
        goals: (work.goals)(&rows),
        tables: vec![Table {
            caption: String::new(),
            rows,
            shows_bytes: false,
        }],
    })
}

/// Servers at work.
pub(crate) struct Contest<'a> {
    bench: &'a Bench,
    server: Server,
    nginx: Option<Nginx>,
    source: PathBuf,
    out: PathBuf,
    bytes: u64,
}

impl<'a> Contest<'a> {
    fn start(bench: &'a Bench, work: &Work) -> Result<Self, String> {
        let folder = bench.data(&work.order);
        let source = folder.join("archive");
        let mut order = work.order.clone();
        let nginx = match work.nginx {
            Some(rate) => Some(Nginx::start(&bench.folder, &source, rate, &bench.tls)?),
            None => None,
        };
        if let (Some(nginx), Some(order)) = (&nginx, order.as_object_mut()) {
            order.insert("store".to_owned(), nginx.origin.clone().into());
        }
        let server = Server::start(&folder, &order, &bench.tls)?;
        Ok(Self::with(bench, server, nginx, source, work.bytes))
    }

    /// With servers that were started already.
    pub(crate) fn with(
        bench: &'a Bench,
        server: Server,
        nginx: Option<Nginx>,
        source: PathBuf,
        bytes: u64,
    ) -> Self {
        Self {
            bench,
            server,
            nginx,
            source,
            out: bench.folder.join("out"),
            bytes,
        }
    }

    /// One program once, into a new folder. The inner error is the program's.
    pub(crate) fn once(&mut self, peer: Peer) -> Result<Result<Measured, String>, String> {
        let lists = (
            self.bench.folder.join("curl.conf"),
            self.bench.folder.join("aria2.txt"),
        );
        disk::remove(&self.out)?;
        disk::settle(&self.bench.folder, self.bytes)?;
        let setting = Setting {
            bench: self.bench,
            server: &self.server,
            store: self.nginx.as_ref().map(|nginx| nginx.origin.as_str()),
            curl_list: &lists.0,
            aria2_list: &lists.1,
            out: &self.out,
        };
        if peer.needs_urls() {
            urls::write(&setting)?;
        }
        let command = peer.command(&setting);
        self.requests()?;
        let measured = self.bench.measure(&command, &self.server)?;
        let (requests, sent_bytes) = self.requests()?;
        let result = measured.and_then(|measured| {
            check::arrived(&self.source, &self.out)?;
            Ok(Measured {
                requests,
                sent_bytes,
                ..measured
            })
        });
        disk::remove(&self.out)?;
        Ok(result)
    }

    /// Of all servers, since they were asked last.
    fn requests(&mut self) -> Result<(u64, u64), String> {
        let served = self.server.served()?;
        let nginx = match &mut self.nginx {
            Some(nginx) => nginx.requests()?,
            None => 0,
        };
        Ok((served.requests + nginx, served.bytes))
    }
}
