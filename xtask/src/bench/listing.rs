//! W4: everything is here already, and only the lists are asked for.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::peers::{Peer, Setting};
use super::report::{Goal, Row, Section, Table};
use super::server::Server;
use super::{Bench, Measured, check, disk};

const VALUES_PER_ITEM: u64 = 4;
const FEW: u64 = 5_000;
const MANY: u64 = 250_000;
const PAGE: u64 = 1_000;

/// A block of the disk and an inode for each file, and the catalogues.
const DISK_PER_VALUE: u64 = 8_192;

/// A file system in memory, where there is one: making and removing a million
/// files is then over in seconds, and is not what this is about.
const MEMORY: &str = "/dev/shm";

/// What one archive took.
struct Held {
    first: Measured,
    again: Measured,
    pages: Measured,
}

/// Runs it.
pub(crate) fn run(bench: &Bench) -> Result<Section, String> {
    let near = held(bench, FEW, 0)?;
    let far = held(bench, FEW, 50)?;
    let many = held(bench, MANY, 0)?;
    let per_value =
        |held: &Held, items: u64| held.again.wall_seconds / (items * VALUES_PER_ITEM) as f64;
    Ok(Section {
        id: "W4",
        title: "A second run, with every value there already".to_owned(),
        notes: "Items with 4 Values each, which are files: the second run lists the \
            archive, looks at each file and finds nothing to do. The files lie in memory \
            (`/dev/shm`) where that has room for a million of them. The pages are rendered once and \
            answered from memory, so that the server is not the limit. \"The pages alone\" is curl \
            fetching them with `limit=1000`, compressed, one after the other over one HTTP/2 \
            connection, into `/dev/null`. The first run counts once: it writes the files."
            .to_owned(),
        goals: vec![
            Goal::at_most(
                "times the time of the pages alone: 20,000 values, 50 ms before every answer",
                1.5,
                Some(far.again.wall_seconds / far.pages.wall_seconds),
            ),
            Goal::at_most(
                "times the time of the pages alone: 20,000 values, no latency",
                1.5,
                Some(near.again.wall_seconds / near.pages.wall_seconds),
            ),
            Goal::at_most(
                "times the time per value at 1,000,000 of that at 20,000, no latency",
                1.2,
                Some(per_value(&many, MANY) / per_value(&near, FEW)),
            ),
            Goal::at_most(
                "MiB of memory at the peak of the second run over 1,000,000 values",
                300.0,
                Some(many.again.peak_mib()),
            ),
            Goal::none(
                "MiB of memory at the peak of the first run over 1,000,000 values",
                Some(many.first.peak_mib()),
            ),
        ],
        tables: vec![
            table("20,000 values, 50 ms before every answer", &far),
            table("20,000 values, no latency", &near),
            table("1,000,000 values, no latency", &many),
        ],
    })
}

fn table(caption: &str, held: &Held) -> Table {
    let row = |program: &str, measured: Measured| Row {
        program: program.to_owned(),
        measured: Ok(measured),
    };
    Table {
        caption: caption.to_owned(),
        rows: vec![
            row("gcapi-rs, second run", held.again),
            row("the pages alone", held.pages),
            row("gcapi-rs, first run", held.first),
        ],
        shows_bytes: false,
    }
}

fn held(bench: &Bench, items: u64, latency: u64) -> Result<Held, String> {
    println!("{items} items, {latency} ms");
    let needed = items * VALUES_PER_ITEM * DISK_PER_VALUE;
    let memory = Path::new(MEMORY);
    let out = if disk::free(memory).is_ok_and(|free| free > 2 * needed) {
        memory.join("gcapi-bench")
    } else {
        disk::has_room(&bench.folder, needed)?;
        bench.folder.join("out")
    };
    let shape = json!({"items": items, "values": VALUES_PER_ITEM});
    let folder = bench.data(&shape);
    let order = json!({
        "items": items, "values": VALUES_PER_ITEM, "latency_ms": latency, "keep_pages": true,
    });
    let mut server = Server::start(&folder, &order, &bench.tls)?;
    disk::remove(&out)?;
    let list = bench.folder.join("curl.conf");
    let setting = Setting {
        bench,
        server: &server,
        store: None,
        curl_list: &list,
        aria2_list: &list,
        out: &out,
    };
    let ours = Peer::Ours.command(&setting);
    let curl = vec![
        "curl".to_owned(),
        "--config".to_owned(),
        list.display().to_string(),
    ];
    fs::write(&list, pages(bench, &server, items))
        .map_err(|error| format!("failed to write {}: {error}", list.display()))?;
    let mut once = |command: &[String], what: &str| {
        server.served()?;
        let mut measured = bench.measure(command, &server)??;
        measured.requests = server.served()?.requests;
        println!("{what}: {measured}");
        Ok::<_, String>(measured)
    };
    let first = once(&ours, "first run")?;
    let written = check::count(&out)?;
    let expected = items * VALUES_PER_ITEM;
    if written.0 != expected {
        return Err(format!(
            "the first run wrote {} files of {expected}",
            written.0
        ));
    }
    // Renders the pages in the form that curl asks for.
    once(&curl, "pages, rendered")?;
    let (mut again, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        again.push(once(&ours, "second run")?);
        alone.push(once(&curl, "pages alone")?);
    }
    if check::count(&out)? != written {
        return Err("the second run wrote files".to_owned());
    }
    disk::remove(&out)?;
    Ok(Held {
        first,
        again: Measured::median(&again),
        pages: Measured::median(&alone),
    })
}

/// Every page of the items, for curl.
fn pages(bench: &Bench, server: &Server, items: u64) -> String {
    let mut text = format!(
        "silent\nfail\ncompressed\ncacert = \"{}\"\nheader = \"Authorization: Bearer {}\"\n",
        bench.tls.ca.display(),
        server.token
    );
    for offset in (0..items).step_by(PAGE as usize) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "url = \"{}archives/items/?limit={PAGE}&offset={offset}\"\noutput = \"/dev/null\"",
            server.base_url
        );
    }
    text
}
