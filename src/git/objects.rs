//! Objects and revision names, all through one `git cat-file --batch` that keeps running.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::thread;

use super::GitError;
use super::program::{Program, Running, no_thread};

/// So many bytes an empty pipe holds at least; it is empty where all answers are there.
const FITS: usize = 4096;

/// The longest first line of an answer, without the name that may stand in it: an id, a kind and a size, or a word.
const LONGEST_HEADER: usize = 1024;

/// The id of a git object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(String);

impl Oid {
    /// Reads a full id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_full = matches!(text.len(), 40 | 64);
        let is_hex = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_full && is_hex).then(|| Self(text.to_owned()))
    }

    /// From digits that are known to be some.
    pub(super) fn of_digits(digits: String) -> Self {
        Self(digits)
    }

    /// As [`Oid::parse`], from bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(str::from_utf8(bytes).ok()?)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An object, or its beginning.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) oid: Oid,
    pub(super) kind: String,
    /// At most one byte more than the limit.
    pub(super) content: Vec<u8>,
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct Objects {
    running: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Objects {
    pub(super) fn start(program: &Program) -> Result<Self, GitError> {
        let mut running = program.start("cat-file", &["--batch"], true)?;
        match (running.process.input.take(), running.process.output.take()) {
            (Some(input), Some(output)) => Ok(Self {
                running,
                input,
                output: BufReader::new(output),
            }),
            _ => Err(odd("it has no pipes")),
        }
    }

    /// Looks names up, in order; `None` for one that git does not know. Of each object at most `limit + 1` bytes are kept, and no
    /// more than a byte of each where all together have more than `total`.
    ///
    /// More names than a pipe holds are written on another thread, so that neither side waits for the other. They must not have
    /// line breaks.
    pub(super) fn look_up<N: AsRef<[u8]>>(
        mut self,
        names: &[N],
        limit: usize,
        total: usize,
    ) -> Result<(Self, Vec<Option<Object>>), GitError> {
        let Self {
            running,
            input,
            output,
        } = &mut self;
        let lines = lines(names);
        let answers = std::thread::scope(|scope| {
            let writer = thread::Builder::new();
            if lines.len() <= FITS {
                write(input, &lines);
            } else if let Err(error) = writer.spawn_scoped(scope, || write(input, &lines)) {
                return Err(Broken::Thread(error));
            }
            let mut left = total;
            let answers: Result<Vec<_>, _> = names
                .iter()
                .map(|name| {
                    let longest = name.as_ref().len() + LONGEST_HEADER;
                    let answer = read_answer(output, longest, limit.min(left));
                    let size = |object: &Object| object.content.len();
                    let read = answer.as_ref().ok().and_then(Option::as_ref);
                    left = left.saturating_sub(read.map_or(0, size));
                    answer
                })
                .collect();
            if answers.is_err() {
                // The writer ends too: nobody is left at the other end of its pipe.
                running.process.kill();
            }
            answers
        });
        match answers {
            Ok(answers) => Ok((self, answers)),
            Err(Broken::Answer(message)) => Err(odd(message)),
            Err(Broken::Thread(error)) => Err(no_thread(error)),
            Err(Broken::Pipe) => {
                let Self { running, .. } = self;
                Err(running.failure())
            }
        }
    }
}

fn lines<N: AsRef<[u8]>>(names: &[N]) -> Vec<u8> {
    let length = names.iter().map(|name| name.as_ref().len() + 1).sum();
    let mut lines = Vec::with_capacity(length);
    for name in names {
        lines.extend_from_slice(name.as_ref());
        lines.push(b'\n');
    }
    lines
}

fn write(input: &mut ChildStdin, lines: &[u8]) {
    // A pipe that breaks is seen by the reader, which then says why.
    let _ = input.write_all(lines).and_then(|()| input.flush());
}

/// Why an answer could not be read.
enum Broken {
    /// The process has ended.
    Pipe,
    /// The answer is not understood.
    Answer(&'static str),
    /// The names could not be written.
    Thread(io::Error),
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Pipe
    }
}

fn read_answer(
    output: &mut impl BufRead,
    longest: usize,
    limit: usize,
) -> Result<Option<Object>, Broken> {
    let mut header = Vec::new();
    output
        .by_ref()
        .take(longest as u64)
        .read_until(b'\n', &mut header)?;
    if header.is_empty() {
        return Err(Broken::Pipe);
    }
    let header = header
        .strip_suffix(b"\n")
        .ok_or(Broken::Answer("its first line has no end"))?;
    let no_object: [&[u8]; 3] = [b" missing", b" ambiguous", b" submodule"];
    if no_object.iter().any(|end| header.ends_with(end)) {
        return Ok(None);
    }
    let header = str::from_utf8(header).map_err(|_| Broken::Answer("its first line is no text"))?;
    let mut words = header.split(' ');
    let (Some(oid), Some(kind), Some(Ok(size)), None) = (
        words.next().and_then(Oid::parse),
        words.next(),
        words.next().map(str::parse::<u64>),
        words.next(),
    ) else {
        return Err(Broken::Answer("its first line is not id, kind and size"));
    };
    let kept = size.min(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1));
    let mut content = Vec::with_capacity(usize::try_from(kept).unwrap_or_default());
    output.by_ref().take(kept).read_to_end(&mut content)?;
    let rest = size - kept;
    let skipped = io::copy(&mut output.by_ref().take(rest), &mut io::sink())?;
    let mut end = [0];
    output.read_exact(&mut end)?;
    if content.len() as u64 != kept || skipped != rest || end != *b"\n" {
        return Err(Broken::Answer("an object is shorter than it says"));
    }
    Ok(Some(Object {
        oid,
        kind: kind.to_owned(),
        content,
    }))
}

fn odd(message: &str) -> GitError {
    GitError::Answer {
        command: "cat-file",
        message: message.to_owned(),
    }
}
