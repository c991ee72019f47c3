//! A forge on this machine, as far as jobs of CI have to do with one: comments, files to download, and git over HTTP behind a password.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::http_backend;

/// What jobs log in with.
pub const TOKEN: &str = "t0ken-of-a-j0b";

/// The account that [`TOKEN`] belongs to.
pub const ACCOUNT: &str = "github-actions[bot]";

/// A comment as the forge keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub by: String,
    pub body: String,
}

/// What the forge has, shared with the thread that serves it.
#[derive(Debug, Default)]
struct Kept {
    comments: Vec<Comment>,
    asked: Vec<String>,
}

/// The forge. It ends when it is dropped.
pub struct Hub {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// Serves the repositories and files below a folder.
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, over) = (Arc::clone(&kept), Arc::clone(&is_over));
        let folder = folder.to_owned();
        let thread = thread::spawn(move || serve(&listener, &folder, &shared, &over));
        Self {
            address,
            kept,
            is_over,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn comments(&self) -> Vec<Comment> {
        self.kept.lock().expect("the lock").comments.clone()
    }

    /// Has somebody comment.
    pub fn comment(&self, by: &str, body: &str) {
        let comment = Comment {
            by: by.to_owned(),
            body: body.to_owned(),
        };
        self.kept.lock().expect("the lock").comments.push(comment);
    }

    /// The requests that came since this was called last, as `METHOD path?query`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.kept.lock().expect("the lock").asked)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self {
            method,
            path,
            query,
            headers,
            body,
        })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn is_let_in(&self) -> bool {
        let basic = STANDARD.encode(format!("rolecall:{TOKEN}"));
        self.header("authorization") == format!("Bearer {TOKEN}")
            || self.header("authorization") == format!("Basic {basic}")
            || self.header("private-token") == TOKEN
    }

    /// The comments that a page of the list has: 100 at most, as forges give.
    fn page(&self) -> std::ops::Range<usize> {
        let number = |name: &str| {
            let mut pairs = self
                .query
                .split('&')
                .filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(found, _)| *found == name).unwrap_or(("", ""));
            value.parse::<usize>().unwrap_or(1)
        };
        let size = number("per_page").min(100);
        let first = (number("page") - 1) * size;
        first..first + size
    }
}

/// A whole response.
fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn json_response(status: &str, value: &Value) -> Vec<u8> {
    let headers = "Content-Type: application/json\r\n";
    response(status, headers, value.to_string().as_bytes())
}

fn refusal(status: &str) -> Vec<u8> {
    let headers = "WWW-Authenticate: Basic realm=\"forge\"\r\n";
    let body = json!({"message": status}).to_string();
    response(status, headers, body.as_bytes())
}

fn serve(listener: &TcpListener, folder: &Path, kept: &Mutex<Kept>, is_over: &AtomicBool) {
    for stream in listener.incoming() {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let Ok(mut stream) = stream else { continue };
        let Some(request) = Request::read(&stream) else {
            continue;
        };
        let answer = answer(&request, folder, &mut kept.lock().expect("the lock"));
        // The client may have gone.
        let _ = stream.write_all(&answer);
    }
}

fn answer(request: &Request, folder: &Path, kept: &mut Kept) -> Vec<u8> {
    let shown = format!("{} {}?{}", request.method, request.path, request.query);
    kept.asked.push(shown);
    let file = folder.join(request.path.trim_start_matches('/'));
    if request.path.contains("/releases/") {
        return match fs::read(&file) {
            Ok(body) => response("200 OK", "", &body),
            Err(_) => refusal("404 Not Found"),
        };
    }
    if !request.is_let_in() {
        return refusal("401 Unauthorized");
    }
    if request.path.contains(".git/") {
        let target = format!("{}?{}", request.path, request.query);
        let (headers, body) = (&request.headers, &request.body);
        return http_backend::response(&request.method, &target, headers, body, folder)
            .expect("git answers");
    }
    comments(request, kept)
}

/// The comments of GitHub, and the notes of GitLab.
fn comments(request: &Request, kept: &mut Kept) -> Vec<u8> {
    let shown = |(at, comment): (usize, &Comment)| {
        let account = json!({"login": comment.by, "id": account_id(&comment.by)});
        json!({"id": at + 1, "user": account, "author": account, "body": comment.body,
            "html_url": format!("https://forge.example/7#{}", at + 1)})
    };
    let body = || {
        let body: Value = serde_json::from_slice(&request.body).expect("the body is JSON");
        body["body"].as_str().expect("a text").to_owned()
    };
    let number = request
        .path
        .rsplit('/')
        .next()
        .and_then(|it| it.parse::<usize>().ok());
    let is_list =
        request.path.ends_with("/7/comments") || request.path.ends_with("/merge_requests/7/notes");
    match (request.method.as_str(), number) {
        ("GET", None) if request.path.ends_with("/user") => {
            json_response("200 OK", &json!({"id": account_id(ACCOUNT)}))
        }
        ("GET", None) if is_list => {
            let all: Vec<_> = kept.comments.iter().enumerate().map(shown).collect();
            let page: Vec<_> = all.get(request.page().start..).unwrap_or_default().to_vec();
            let page: Vec<_> = page.into_iter().take(request.page().len()).collect();
            json_response("200 OK", &Value::from(page))
        }
        ("POST", None) if is_list => {
            let comment = Comment {
                by: ACCOUNT.to_owned(),
                body: body(),
            };
            kept.comments.push(comment.clone());
            json_response("201 Created", &shown((kept.comments.len() - 1, &comment)))
        }
        ("PATCH" | "PUT", Some(number)) if number > 0 && number <= kept.comments.len() => {
            kept.comments[number - 1].body = body();
            json_response("200 OK", &shown((number - 1, &kept.comments[number - 1])))
        }
        _ => refusal("404 Not Found"),
    }
}

fn account_id(account: &str) -> usize {
    account.bytes().map(usize::from).sum()
}

/// Where a bare repository is that is served as `/acme/access.git`.
pub fn bare(folder: &Path) -> PathBuf {
    folder.join("acme/access.git")
}
