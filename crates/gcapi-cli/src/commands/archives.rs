//! `gcapi archives`

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use gcapi::{Archive, Client, Filters, Record};
use gcapi_transfer::{ArchiveReference, find_archive};
use serde::Serialize;

use super::Done;
use crate::arguments::ArchivesArguments;
use crate::failure::{Failure, NOT_ALLOWED};
use crate::output::Output;
use crate::settings::Settings;
use crate::{connect, human};

pub(super) async fn run(arguments: ArchivesArguments, settings: &Settings, output: Output) -> Done {
    let (client, _) = connect::signed_in(settings, output)?;
    match arguments.archive {
        None => list(&client, output).await,
        Some(reference) => show(&client, &reference, output).await,
    }
}

async fn list(client: &Client, output: Output) -> Done {
    let mut archives = std::pin::pin!(client.archives().stream_all(Filters::new()));
    let mut any = false;
    while let Some(archive) = archives.try_next().await? {
        any = true;
        if output.json {
            output.json(&archive.json);
        } else {
            output.data(&line(&archive));
        }
    }
    if !any {
        output.note("no archive is visible: ask the editors of one for access");
    }
    Ok(0)
}

fn line(archive: &Record<Archive>) -> String {
    format!(
        "{:40}  {}  {}",
        archive.value.slug().unwrap_or("-"),
        archive.value.pk,
        human::printable(&archive.value.title)
    )
}

/// What one socket of an archive comes to.
#[derive(Debug, Default, Serialize)]
struct SocketCount {
    super_kind: String,
    kind: String,
    relative_path: String,
    values: u64,
}

async fn show(client: &Client, reference: &ArchiveReference, output: Output) -> Done {
    let archive = find_archive(client, reference).await?;
    let filters = Filters::new().with("archive", archive.value.pk.to_string());
    let mut items = std::pin::pin!(client.archive_items().stream_all(filters));
    let mut pks = std::collections::HashSet::new();
    let mut malformed = 0_u64;
    let mut sockets: BTreeMap<String, SocketCount> = BTreeMap::new();
    while let Some(item) = futures_util::StreamExt::next(&mut items).await {
        let item = match item {
            Ok(item) => item,
            Err(error) if error.kind() == gcapi::ErrorKind::Malformed => {
                malformed += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if !pks.insert(item.value.pk) {
            continue;
        }
        for value in &item.value.values {
            let Ok(value) = value else {
                malformed += 1;
                continue;
            };
            let count = sockets.entry(value.socket.slug.clone()).or_default();
            if count.values == 0 {
                count.super_kind = value.socket.super_kind.to_string();
                count.kind.clone_from(&value.socket.kind);
                count.relative_path.clone_from(&value.socket.relative_path);
            }
            count.values += 1;
        }
    }
    if output.json {
        output.json(&serde_json::json!({
            "event": "archive",
            "archive": archive.json,
            "items": pks.len(),
            "malformed": malformed,
            "sockets": sockets,
        }));
    } else {
        output.data(&format!(
            "title   {}",
            human::printable(&archive.value.title)
        ));
        output.data(&format!("slug    {}", archive.value.slug().unwrap_or("-")));
        output.data(&format!("pk      {}", archive.value.pk));
        output.data(&format!("items   {}", pks.len()));
        for (slug, count) in &sockets {
            output.data(&format!(
                "socket  {:30}  {:6} {:5}  {:24}  {}",
                human::printable(slug),
                count.values,
                count.super_kind,
                human::printable(&count.kind),
                human::printable(&count.relative_path)
            ));
        }
    }
    if malformed > 0 {
        output.warning(&format!("{malformed} items or values could not be read"));
    }
    if pks.is_empty() {
        return Err(Failure::new(
            NOT_ALLOWED,
            "none of its items can be seen".to_owned(),
            "being able to see an archive is not yet access to its items: request it on the \
             archive's page",
        ));
    }
    Ok(0)
}
