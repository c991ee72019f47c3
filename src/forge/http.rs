//! The client: one server, one bound of time, JSON and nothing else.

use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, HeaderValue, Response, Uri};
use ureq::{Agent, Body};

use super::address;
use super::fault::trouble;
use super::retry::{self, Fault, Trouble};
use super::{ForgeError, Target};
use crate::model::Forge;
use crate::model::address::Origin;
use crate::network;

/// How many redirects of one question are followed.
const REDIRECTS: u32 = 5;

/// How many pages of one list are read.
const PAGES: usize = 100;

/// The longest body, in bytes.
const LONGEST_BODY: u64 = 8 * 1024 * 1024;

/// The longest time that one request may take.
const LONGEST_REQUEST: Duration = Duration::from_secs(20);

/// A client for the API of one target. Its time begins when it is made.
pub(super) struct Client<'a> {
    target: &'a Target,
    origin: Origin,
    agent: Agent,
    begun: Instant,
}

impl<'a> Client<'a> {
    /// Gets ready; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ForgeError::BadUrl`] if the target's address was changed to one that cannot be asked.
    pub(super) fn new(target: &'a Target) -> Result<Self, ForgeError> {
        let why = |why| ForgeError::BadUrl { why };
        let root: Uri = address::root(&target.url)
            .map_err(why)?
            .parse()
            .map_err(|_| why("is not an address"))?;
        let origin = Origin::of(&root).ok_or(why("is not an address"))?;
        Ok(Self {
            target,
            agent: Agent::new_with_config(network::configuration(&origin).build()),
            origin,
            begun: Instant::now(),
        })
    }

    /// Asks for one value. `path` begins with `/` below the root of the API, and may have a query.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ForgeError> {
        let uri = self.uri(path)?;
        let (value, _) = self.page(uri.path(), &uri)?;
        Ok(value)
    }

    /// Asks for a list, all of its pages.
    pub(super) fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ForgeError> {
        let first = self.uri(path)?;
        let name = first.path().to_owned();
        let mut next = Some(first);
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let Some(uri) = next else { return Ok(items) };
            let (page, link): (Vec<T>, _) = self.page(&name, &uri)?;
            items.extend(page);
            next = link;
        }
        match next {
            None => Ok(items),
            Some(_) => Err(ForgeError::TooLong {
                path: name,
                limit: "100 pages",
            }),
        }
    }

    fn uri(&self, path: &str) -> Result<Uri, ForgeError> {
        let root = self.target.url.trim_end_matches('/');
        format!("{root}{path}")
            .parse()
            .map_err(|_| ForgeError::BadUrl {
                why: "makes no address with the path of the question",
            })
    }

    fn rest(&self) -> Duration {
        self.target.patience.saturating_sub(self.begun.elapsed())
    }

    /// Asks for one page, as often as it makes sense.
    fn page<T: DeserializeOwned>(
        &self,
        name: &str,
        uri: &Uri,
    ) -> Result<(T, Option<Uri>), ForgeError> {
        let mut attempt = 1;
        loop {
            let (fault, asked) = match self.attempt(name, uri) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(error)) => return Err(error),
                Err(Trouble::Passing { fault, pause }) => (fault, pause),
            };
            if attempt == retry::ATTEMPTS && asked.is_none_or(|pause| pause < self.rest()) {
                return Err(fault.last(name));
            }
            self.wait(name, &fault, asked, attempt)?;
            attempt += 1;
        }
    }

    /// Makes the pause before the next attempt, if there is time for it.
    fn wait(
        &self,
        name: &str,
        fault: &Fault,
        asked: Option<Duration>,
        attempt: u32,
    ) -> Result<(), ForgeError> {
        let pause = asked.unwrap_or_else(|| retry::pause_after(attempt));
        if pause < self.rest() {
            thread::sleep(pause);
            return Ok(());
        }
        let path = name.to_owned();
        Err(match (fault.status(), asked) {
            (Some(status), Some(pause)) => ForgeError::Busy {
                path,
                status,
                seconds: pause.as_secs(),
            },
            _ => ForgeError::OutOfTime {
                path,
                seconds: self.target.patience.as_secs_f64(),
                last: fault.told(),
            },
        })
    }

    /// Asks once, and follows redirects on the same server.
    fn attempt<T: DeserializeOwned>(
        &self,
        name: &str,
        uri: &Uri,
    ) -> Result<(T, Option<Uri>), Trouble> {
        let mut uri = uri.clone();
        for _ in 0..=REDIRECTS {
            let mut response = self.send(name, &uri)?;
            match response.status().as_u16() {
                200 => {
                    let next = self.next(name, &uri, response.headers())?;
                    let body = read(name, &mut response)?;
                    return Ok((parsed(name, response.headers(), &body)?, next));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let location = response
                        .headers()
                        .get("location")
                        .and_then(|value| value.to_str().ok());
                    uri = self.lead(name, &uri, location)?;
                }
                status => return Err(retry::refusal(name, status, response.headers())),
            }
        }
        Err(Trouble::Lasting(ForgeError::Redirects {
            path: name.to_owned(),
            limit: REDIRECTS,
        }))
    }

    fn send(&self, name: &str, uri: &Uri) -> Result<Response<Body>, Trouble> {
        let limit = self.rest().min(LONGEST_REQUEST);
        let mut request = self
            .agent
            .get(uri)
            .config()
            .timeout_global(Some(limit))
            .build();
        let (accept, token) = match self.target.forge {
            Forge::GitHub => ("application/vnd.github+json", ("authorization", "Bearer ")),
            Forge::GitLab => ("application/json", ("private-token", "")),
        };
        request = request.header("accept", accept);
        if self.target.forge == Forge::GitHub {
            request = request.header("x-github-api-version", "2022-11-28");
        }
        if let Some(secret) = self.target.token() {
            let value = HeaderValue::from_str(&format!("{}{secret}", token.1));
            let mut value = value.map_err(|_| ForgeError::BadToken)?;
            value.set_sensitive(true);
            request = request.header(token.0, value);
        }
        request.call().map_err(|error| trouble(name, error))
    }

    /// The next page of a list.
    fn next(&self, name: &str, uri: &Uri, headers: &HeaderMap) -> Result<Option<Uri>, ForgeError> {
        for value in headers.get_all("link") {
            let Ok(value) = value.to_str() else {
                return Err(odd(name, "it has a link that is not text"));
            };
            if let Some(target) = address::next_link(value) {
                return self.lead(name, uri, Some(target)).map(Some);
            }
        }
        Ok(None)
    }

    /// Where a redirect or a link leads, if that is on the same server.
    fn lead(&self, name: &str, from: &Uri, target: Option<&str>) -> Result<Uri, ForgeError> {
        let unclear = || odd(name, "it leads to an address that is not understood");
        let uri = target
            .and_then(|target| address::resolved(from, target))
            .ok_or_else(unclear)?;
        match Origin::of(&uri) {
            Some(origin) if origin == self.origin => Ok(uri),
            Some(origin) => Err(ForgeError::Elsewhere {
                path: name.to_owned(),
                origin: origin.shown(),
            }),
            None => Err(unclear()),
        }
    }
}

fn read(name: &str, response: &mut Response<Body>) -> Result<Vec<u8>, Trouble> {
    let body = response.body_mut().with_config().limit(LONGEST_BODY);
    body.read_to_vec().map_err(|error| trouble(name, error))
}

/// The value in a body that arrived whole. What is wrong with it is told by its place, not by its words.
fn parsed<T: DeserializeOwned>(
    name: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<T, ForgeError> {
    let kind = headers
        .get("content-type")
        .map(|value| value.to_str().unwrap_or_default());
    if kind.is_some_and(|kind| !kind.to_ascii_lowercase().contains("json")) {
        return Err(odd(name, "it is not JSON"));
    }
    serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_data() {
            "it lacks what it should have"
        } else {
            "it is not JSON"
        };
        odd(
            name,
            &format!("{what} (line {}, column {})", error.line(), error.column()),
        )
    })
}

/// An answer that is not understood, for a path as messages have it.
pub(super) fn odd(name: &str, message: &str) -> ForgeError {
    ForgeError::Answer {
        path: name.to_owned(),
        message: message.to_owned(),
    }
}
