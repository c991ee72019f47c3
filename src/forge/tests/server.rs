//! A server on this machine that answers what it was told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// Stands for the root of the server, in bodies and headers.
pub const HERE: &str = "{server}";

/// An answer that the server gives.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    delivery: Delivery,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Whole,
    /// Fewer bytes than it promises.
    Short,
    /// Byte by byte, with pauses.
    Dripping,
    /// The connection is closed instead.
    Closed,
    /// Never, on an open connection.
    Never,
}

impl Answer {
    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![(
                "Content-Type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: body.to_owned(),
            delivery: Delivery::Whole,
        }
    }

    pub fn json(value: &Value) -> Self {
        Self::text(200, &value.to_string())
    }

    pub fn status(status: u16) -> Self {
        Self::text(status, "{\"message\": \"no\"}")
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Promises more bytes than come.
    pub fn broken_off(self) -> Self {
        self.delivered(Delivery::Short)
    }

    /// Comes byte by byte.
    pub fn dripping(self) -> Self {
        self.delivered(Delivery::Dripping)
    }

    /// The connection is closed without a word.
    pub fn closed() -> Self {
        Self::status(200).delivered(Delivery::Closed)
    }

    /// Never comes.
    pub fn hung() -> Self {
        Self::status(200).delivered(Delivery::Never)
    }

    fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }
}

/// What is answered where. The last answer of a list is given again and again; everything else is not found.
#[derive(Debug, Clone, Default)]
pub struct Routes(BTreeMap<String, Vec<Answer>>);

impl Routes {
    /// Answers for a path, with or without a query, one after the other.
    pub fn with(mut self, path: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.0
            .insert(path.to_owned(), answers.into_iter().collect());
        self
    }

    pub fn with_json(self, path: &str, value: &Value) -> Self {
        self.with(path, [Answer::json(value)])
    }

    fn take(&mut self, target: &str) -> Answer {
        let path = target.split('?').next().unwrap();
        let key = if self.0.contains_key(target) {
            target
        } else {
            path
        };
        match self.0.get_mut(key) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Answer::status(404),
        }
    }
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Request {
    pub target: String,
    headers: BTreeMap<String, String>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(routes: Routes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (kept, over) = (Arc::clone(&requests), Arc::clone(&is_over));
        let thread = thread::spawn(move || serve(&listener, routes, &kept, &over));
        Self {
            address,
            requests,
            is_over,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path was asked for, whatever the query.
    pub fn count(&self, path: &str) -> usize {
        let is_it = |request: &&Request| request.target.split('?').next() == Some(path);
        self.requests().iter().filter(is_it).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    listener: &TcpListener,
    mut routes: Routes,
    requests: &Mutex<Vec<Request>>,
    is_over: &AtomicBool,
) {
    let root = format!("http://{}", listener.local_addr().unwrap());
    let mut hung = Vec::new();
    for stream in listener.incoming() {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let Ok(mut stream) = stream else { continue };
        let Some(request) = read(&stream) else {
            continue;
        };
        let answer = routes.take(&request.target);
        requests.lock().unwrap().push(request);
        let bytes = bytes(&answer, &root);
        // The client may have gone before the end.
        match answer.delivery {
            Delivery::Whole | Delivery::Short => drop(stream.write_all(&bytes)),
            Delivery::Dripping => drop(drip(&mut stream, &bytes)),
            Delivery::Closed => {}
            Delivery::Never => hung.push(stream),
        }
    }
}

fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    Some(Request { target, headers })
}

fn bytes(answer: &Answer, root: &str) -> Vec<u8> {
    let body = answer.body.replace(HERE, root);
    let missing = if answer.delivery == Delivery::Short {
        10
    } else {
        0
    };
    let length = body.len() + missing;
    let mut head = format!(
        "HTTP/1.1 {} Scripted\r\nContent-Length: {length}\r\n",
        answer.status
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {}\r\n", value.replace(HERE, root)));
    }
    head.push_str("Connection: close\r\n\r\n");
    [head.into_bytes(), body.into_bytes()].concat()
}
