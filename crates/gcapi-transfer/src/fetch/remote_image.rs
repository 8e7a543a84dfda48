//! The files of an image in the store, as readers want them: to be read and sought in, on a thread
//! that may wait.
//!
//! What came is kept, so that a header that is read twice comes once. What is asked for is at least
//! 64 KiB, which takes no longer than the request itself and holds most headers and tables. Where
//! reading goes on from where the last request ended, that doubles, up to 1 MiB: the requests of a
//! stream then no longer are what takes the time, and at its end not much came in vain. A longer read,
//! as of a slice, asks for just what it needs.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

/// Bytes that are asked for at least.
const LEAST: u64 = 64 << 10;

/// Bytes that are asked for where one read follows another.
const AHEAD: u64 = 1 << 20;

/// Bytes of one request at most: what broke off is asked for again.
const LONGEST: u64 = 8 << 20;

/// A range of a file, and where its bytes are waited for. An empty range asks for the length alone.
pub(super) struct Question {
    pub(super) file: usize,
    pub(super) range: Range<u64>,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Bytes from some position on: the first ones of what was asked for, or the whole file.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) at: u64,
    pub(super) bytes: Bytes,
    /// Of the file.
    pub(super) length: u64,
}

/// The files of one image.
pub struct RemoteImage {
    files: Vec<(String, Arc<File>)>,
}

struct File {
    number: usize,
    questions: mpsc::Sender<Question>,
    kept: Mutex<Kept>,
}

/// What is known of a file.
#[derive(Default)]
struct Kept {
    length: Option<u64>,
    /// By position.
    blocks: BTreeMap<u64, Bytes>,
    /// Where the last block ends.
    end: u64,
    /// How much is asked for where reading goes on from there.
    ahead: u64,
}

impl fmt::Debug for RemoteImage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

impl RemoteImage {
    pub(super) fn new(names: Vec<String>, questions: mpsc::Sender<Question>) -> Self {
        let file = |(number, name)| {
            let file = File {
                number,
                questions: questions.clone(),
                kept: Mutex::default(),
            };
            (name, Arc::new(file))
        };
        Self {
            files: names.into_iter().enumerate().map(file).collect(),
        }
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(name, _)| name.as_str())
    }

    /// Opens a file. It must not be called on a thread of the runtime.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] for other names; otherwise that the file's first bytes did not
    /// come, for the reason in [`Looked::failure`](crate::Looked::failure).
    pub fn open(&self, name: &str) -> io::Result<RemoteReader> {
        let file = self.file(name)?;
        let length = file.length(0..LEAST)?;
        Ok(RemoteReader {
            file: Arc::clone(file),
            length,
            position: 0,
        })
    }

    /// The length of a file in bytes, for a single byte of it.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn length(&self, name: &str) -> io::Result<u64> {
        self.file(name)?.length(0..0)
    }

    fn file(&self, name: &str) -> io::Result<&Arc<File>> {
        let mut files = self.files.iter();
        files
            .find(|(other, _)| other == name)
            .map(|(_, file)| file)
            .ok_or_else(|| {
                let message = format!("the image has no file {name:?}");
                io::Error::new(io::ErrorKind::NotFound, message)
            })
    }
}

impl File {
    /// The length; it comes with the bytes of a range.
    fn length(&self, range: Range<u64>) -> io::Result<u64> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.length {
            Some(length) => Ok(length),
            None => self.fetch(&mut kept, range),
        }
    }

    /// Some bytes from a position before the end; more than `wanted` where they are there.
    fn bytes(&self, position: u64, wanted: u64) -> io::Result<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept.find(position) {
            return Ok(bytes);
        }
        let range = kept.range(position, wanted);
        self.fetch(&mut kept, range)?;
        kept.find(position).ok_or_else(no_answer)
    }

    /// Asks for a range, keeps what comes, and gives the length of the file.
    fn fetch(&self, kept: &mut Kept, range: Range<u64>) -> io::Result<u64> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            file: self.number,
            range,
            answer,
        };
        // There is none where it failed, and where nobody wants to know any more.
        self.questions
            .blocking_send(question)
            .map_err(|_| no_answer())?;
        let answer = answered.blocking_recv().map_err(|_| no_answer())?;
        Ok(kept.keep(answer))
    }
}

fn no_answer() -> io::Error {
    io::Error::other("its bytes did not come from the store")
}

impl Kept {
    fn find(&self, position: u64) -> Option<Bytes> {
        let (start, bytes) = self.blocks.range(..=position).next_back()?;
        let offset = usize::try_from(position - start).ok()?;
        (offset < bytes.len()).then(|| bytes.slice(offset..))
    }

    /// What to ask for when bytes from a position on are wanted that are not there.
    fn range(&mut self, position: u64, wanted: u64) -> Range<u64> {
        self.ahead = if position == self.end {
            (self.ahead * 2).clamp(LEAST, AHEAD)
        } else {
            LEAST
        };
        let end = position.saturating_add(wanted.max(self.ahead).min(LONGEST));
        let next = self.blocks.range(position..).next();
        let end = end.min(next.map_or(u64::MAX, |(start, _)| *start));
        position..end.min(self.length.unwrap_or(u64::MAX))
    }

    fn keep(&mut self, answer: Answer) -> u64 {
        let Answer { at, bytes, length } = answer;
        self.length = Some(length);
        self.end = at + bytes.len() as u64;
        if bytes.len() as u64 == length {
            // Shorter ones would hide it.
            self.blocks.clear();
        }
        if !bytes.is_empty() {
            self.blocks.insert(at, bytes);
        }
        length
    }
}

/// A file of an image, being read. All readers of a file share what came of it.
pub struct RemoteReader {
    file: Arc<File>,
    length: u64,
    position: u64,
}

impl fmt::Debug for RemoteReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RemoteReader")
            .field("length", &self.length)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl RemoteReader {
    /// The length of the file in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Read for RemoteReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = (into.len() as u64).min(self.length.saturating_sub(self.position));
        if wanted == 0 {
            return Ok(0);
        }
        let bytes = self.file.bytes(self.position, wanted)?;
        let length = bytes.len().min(into.len());
        if let Some((into, from)) = into.get_mut(..length).zip(bytes.get(..length)) {
            into.copy_from_slice(from);
        }
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for RemoteReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.length.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the store, and the ranges that were asked for.
    fn answered<T: Send + 'static>(
        file: &[u8],
        work: impl FnOnce(&RemoteImage) -> T + Send + 'static,
    ) -> (T, Vec<Range<u64>>) {
        let (questions, mut asked) = mpsc::channel::<Question>(1);
        let image = RemoteImage::new(vec!["a".to_owned()], questions);
        let reader = std::thread::spawn(move || work(&image));
        let mut ranges = Vec::new();
        while let Some(question) = asked.blocking_recv() {
            let Range { start, end } = question.range;
            let end = end.min(file.len() as u64);
            let answer = Answer {
                at: start,
                bytes: Bytes::copy_from_slice(&file[start as usize..end as usize]),
                length: file.len() as u64,
            };
            ranges.push(start..end);
            question.answer.send(answer).unwrap();
        }
        (reader.join().unwrap(), ranges)
    }

    fn file(bytes: u64) -> Vec<u8> {
        (0..bytes).map(|n| (n * 7 / 3) as u8).collect()
    }

    #[test]
    fn a_slice_takes_the_header_and_itself() {
        let bytes = file(8 << 20);
        let expected = bytes[4 << 20..5 << 20].to_vec();
        let (slice, ranges) = answered(&bytes, |image| {
            image.open("a").unwrap().read_exact(&mut [0; 300]).unwrap();
            let mut slice = vec![0; 1 << 20];
            let mut reader = image.open("a").unwrap();
            reader.seek(SeekFrom::Start(4 << 20)).unwrap();
            reader.read_exact(&mut slice).unwrap();
            slice
        });
        assert!(slice == expected);
        assert_eq!(ranges, [0..64 << 10, 4 << 20..5 << 20]);
    }

    #[test]
    fn a_stream_takes_longer_steps_and_nothing_twice() {
        let bytes = file(4 << 20);
        let expected = bytes.clone();
        let (all, ranges) = answered(&bytes, |image| {
            let mut reader = image.open("a").unwrap();
            // What lies ahead already is not asked for again.
            reader.seek(SeekFrom::End(-100)).unwrap();
            reader.read_exact(&mut [0; 10]).unwrap();
            reader.seek(SeekFrom::Start(64 << 10)).unwrap();
            reader.read_exact(&mut [0; 10]).unwrap();
            reader.rewind().unwrap();
            let (mut all, mut piece) = (Vec::new(), [0; 8 << 10]);
            loop {
                match reader.read(&mut piece).unwrap() {
                    0 => break all,
                    read => all.extend_from_slice(&piece[..read]),
                }
            }
        });
        assert!(all == expected);
        assert_eq!(ranges.first(), Some(&(0..64 << 10)));
        assert_eq!(
            ranges
                .iter()
                .map(|range| range.end - range.start)
                .sum::<u64>(),
            4 << 20
        );
        let longest = ranges.iter().map(|range| range.end - range.start).max();
        assert_eq!(longest, Some(1 << 20));
        assert!(ranges.len() < 12, "{ranges:?}");
    }

    #[test]
    fn nothing_is_read_beyond_the_end_and_no_answer_is_an_error() {
        let (read, ranges) = answered(b"abc", |image| {
            let mut reader = image.open("a").unwrap();
            reader.seek(SeekFrom::Start(9)).unwrap();
            assert!(reader.seek(SeekFrom::Current(-10)).is_err());
            assert!(image.open("b").is_err());
            reader.read(&mut [0; 4]).unwrap()
        });
        assert_eq!(read, 0);
        assert_eq!(ranges, [Range { start: 0, end: 3 }]);
        let (questions, asked) = mpsc::channel(1);
        drop(asked);
        let image = RemoteImage::new(vec!["a".to_owned()], questions);
        assert!(image.open("a").is_err() && image.length("a").is_err());
    }
}
