//! Small files that will probably be asked for next, fetched into memory meanwhile.
//!
//! A script that fetches one file after the other waits twice for each: for the signed URL and for
//! the bytes. Whoever knows what it will ask for next can have that done while it is busy. Nothing
//! is lost by a wrong guess but the requests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gcapi::{Client, Error, Exchange, ExchangeRequest, HeaderMap, Method, StatusCode, Url};
use tokio::task::JoinHandle;

/// The longest file that is kept in memory; for longer ones, waiting is not what takes the time.
const LARGEST: u64 = 4 << 20;

/// Files that are expected, being fetched or in memory.
#[derive(Debug, Default)]
pub struct ReadAhead {
    expected: Mutex<HashMap<Url, Task>>,
}

/// A task that ends when nobody wants its result any more.
#[derive(Debug)]
struct Task(JoinHandle<Option<Exchange>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ReadAhead {
    /// Says which media URLs will probably be asked for next. Those not fetched yet are begun, and
    /// what was expected before and is not in the list is forgotten, so that the length of the list
    /// bounds the memory: 4 MiB for each.
    ///
    /// It has to be called inside a runtime.
    pub fn expect(&self, client: &Client, urls: Vec<Url>) {
        let mut expected = self.expected();
        let mut before = std::mem::take(&mut *expected);
        for url in urls {
            let task = before.remove(&url).unwrap_or_else(|| {
                let (client, url) = (client.clone(), url.clone());
                // What fails here fails again, with its reason, when it is asked for.
                Task(tokio::spawn(async move {
                    let answer = fetch(&client, url).await.ok()?;
                    (answer.status == StatusCode::OK).then_some(answer)
                }))
            });
            expected.insert(url, task);
        }
    }

    /// The answer to a request for something that was expected, once it is there; always a success.
    /// `None` if it was not expected, is too long, or did not come.
    pub async fn take(&self, url: &Url) -> Option<Exchange> {
        let mut task = self.expected().remove(url)?;
        (&mut task.0).await.ok().flatten()
    }

    fn expected(&self) -> MutexGuard<'_, HashMap<Url, Task>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One try.
async fn fetch(client: &Client, url: Url) -> Result<Exchange, Error> {
    let request = ExchangeRequest {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
        follow_redirects: true,
        most: Some(LARGEST),
        retry: false,
    };
    client.exchange(&request).await
}
