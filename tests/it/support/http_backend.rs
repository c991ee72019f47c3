//! `git http-backend` behind a socket: git's own server for clones over HTTP, which is a CGI program.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// A server for the repositories below a folder. It ends when it is dropped.
pub struct HttpBackend {
    address: String,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl HttpBackend {
    /// Serves the bare repositories below a folder, for reading and for writing.
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("its address").to_string();
        let ends = Arc::new(AtomicBool::new(false));
        let (folder, seen) = (folder.to_owned(), Arc::clone(&ends));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    break;
                }
                let folder = folder.clone();
                if let Ok(stream) = stream {
                    thread::spawn(move || {
                        let _ = serve(stream, folder);
                    });
                }
            }
        });
        Self {
            address,
            ends,
            thread: Some(thread),
        }
    }

    /// Where a repository is.
    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.address)
    }
}

impl Drop for HttpBackend {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers one request.
fn serve(stream: TcpStream, folder: PathBuf) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None => break,
        }
    }
    let mut stream = stream;
    if headers.contains_key("expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = body(&mut reader, &headers)?;
    stream.write_all(&response(method, target, &headers, &body, &folder)?)
}

/// What git answers to a request: the bytes of the whole response. The headers' names are in lower case.
pub fn response(
    method: &str,
    target: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
    folder: &Path,
) -> std::io::Result<Vec<u8>> {
    let output = backend(method, target, headers, body, folder)?;
    let end = output
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(output.len());
    let (head, rest) = output.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status = head
        .lines()
        .find_map(|line| line.strip_prefix("Status: "))
        .unwrap_or("200 OK");
    let mut others = String::new();
    for line in head.lines().filter(|line| !line.starts_with("Status: ")) {
        others.push_str(line);
        others.push_str("\r\n");
    }
    let rest = rest.strip_prefix(b"\r\n\r\n").unwrap_or(rest);
    let length = rest.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{others}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    Ok([head.as_bytes(), rest].concat())
}

fn body(reader: &mut impl BufRead, headers: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        let length = length.parse().unwrap_or_default();
        reader.take(length).read_to_end(&mut body)?;
    } else if headers
        .get("transfer-encoding")
        .is_some_and(|it| it == "chunked")
    {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).unwrap_or_default();
            reader.take(length).read_to_end(&mut body)?;
            reader.read_line(&mut line)?;
            if length == 0 {
                break;
            }
        }
    }
    Ok(body)
}

fn backend(
    method: &str,
    target: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
    folder: &Path,
) -> std::io::Result<Vec<u8>> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let mut command = Command::new("git");
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let mut child = command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_COUNT", "2")
        .env("GIT_CONFIG_KEY_0", "http.receivepack")
        .env("GIT_CONFIG_VALUE_0", "true")
        .env("GIT_CONFIG_KEY_1", "safe.directory")
        .env("GIT_CONFIG_VALUE_1", "*")
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROJECT_ROOT", folder)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .arg("http-backend")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let input = child.stdin.take();
    let body = body.to_vec();
    let writer = thread::spawn(move || {
        if let Some(mut input) = input {
            let _ = input.write_all(&body);
        }
    });
    let output = child.wait_with_output()?;
    let _ = writer.join();
    Ok(output.stdout)
}
